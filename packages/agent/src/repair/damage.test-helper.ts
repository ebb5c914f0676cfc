import type { JsonValue } from "@threadstore/core";
import { isJsonObject, memberPath } from "@threadstore/core/documents";

/** A copy of a JSON document with one fault. */
export interface DamagedDocument {
  /** The kind of fault and its location, such as `delete $.messages[2].role`. */
  readonly title: string;
  readonly path: string;
  readonly document: JsonValue;
}

type Keys = readonly (number | string)[];

const REPLACEMENTS: readonly JsonValue[] = [
  null,
  true,
  0,
  -1.5,
  "",
  "x",
  "\ud83c",
  [],
  {},
  [null],
  { a: 1 },
  "y".repeat(70),
];

/** Returns copies of a document with each kind of fault at each location below its root. */
export function* damage(document: JsonValue): Generator<DamagedDocument> {
  for (const keys of locations(document)) {
    const path = keys.reduce<string>((parent, key) => memberPath(parent, key), "$");
    const value = valueAt(document, keys);
    for (const [name, changed] of faultsOf(value)) {
      yield toDamaged(name, path, () => replaceAt(document, keys, changed));
    }
    yield* damageList(document, keys, path);
  }
}

/** Applies the fault only if the document is used. */
function toDamaged(name: string, path: string, apply: () => JsonValue): DamagedDocument {
  return {
    title: `${name} ${path}`,
    path,
    get document() {
      return apply();
    },
  };
}

function* faultsOf(value: JsonValue): Generator<readonly [string, JsonValue | undefined]> {
  yield ["delete", undefined];
  for (const other of REPLACEMENTS) yield [`replace with ${JSON.stringify(other).slice(0, 12)}`, other];
  yield ["wrap", [value]];
  if (typeof value === "string") yield ["truncate", value.slice(0, value.length / 2)];
  if (typeof value !== "string") yield ["stringify", JSON.stringify(value)];
  if (Array.isArray(value)) yield ["truncate", value.slice(0, value.length / 2)];
}

/** Repeats an element of an array and swaps it with the next one. */
function* damageList(document: JsonValue, keys: Keys, path: string): Generator<DamagedDocument> {
  const index = keys.at(-1);
  const list = valueAt(document, keys.slice(0, -1));
  if (typeof index !== "number" || !Array.isArray(list)) return;
  const element = list[index] as JsonValue;
  const others = list.toSpliced(index, 1);
  const changes: readonly (readonly [string, JsonValue[]])[] = [
    ["duplicate", list.toSpliced(index, 0, element)],
    ["duplicate at the end", [...list, element]],
    ["swap", others.toSpliced(index + 1, 0, element)],
    ["move to the start", [element, ...others]],
    ["move to the end", [...others, element]],
  ];
  for (const [name, changed] of changes) {
    yield toDamaged(name, path, () => replaceAt(document, keys.slice(0, -1), changed));
  }
}

function* locations(value: JsonValue, keys: Keys = []): Generator<Keys> {
  if (keys.length > 0) yield keys;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* locations(item, [...keys, index]);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) yield* locations(member, [...keys, name]);
  }
}

function valueAt(document: JsonValue, keys: Keys): JsonValue {
  return keys.reduce<JsonValue>(
    (value, key) => (value as { readonly [name: number | string]: JsonValue })[key] as JsonValue,
    document,
  );
}

/** Returns a copy with the value at a location replaced, or removed if it is `undefined`. Shares everything else. */
function replaceAt(document: JsonValue, [key, ...keys]: Keys, value: JsonValue | undefined): JsonValue {
  if (key === undefined) return value as JsonValue;
  if (Array.isArray(document)) {
    const index = key as number;
    if (keys.length === 0 && value === undefined) return document.toSpliced(index, 1);
    return document.with(index, replaceAt(document[index] as JsonValue, keys, value));
  }
  const entries = Object.entries(document as { readonly [name: string]: JsonValue }).flatMap(
    ([name, member]): [string, JsonValue][] => {
      if (name !== key) return [[name, member]];
      if (keys.length === 0 && value === undefined) return [];
      return [[name, replaceAt(member, keys, value)]];
    },
  );
  return Object.fromEntries(entries);
}

/** Returns copies of a document with two faults each, the same ones in every run. */
export function* damageTwice(document: JsonValue, count: number): Generator<DamagedDocument> {
  const first = [...damage(document)];
  let seed = 1;
  const pick = <Value>(values: readonly Value[]): Value => {
    seed = (seed * 48_271) % 2_147_483_647;
    return values[seed % values.length] as Value;
  };
  for (let index = 0; index < count; index += 1) {
    const { title, document: damaged } = pick(first);
    const second = pick([...damage(damaged)]);
    yield { ...second, title: `${title}, ${second.title}` };
  }
}
