import type { JsonValue } from "../thread-store.ts";
import { isPlainObject } from "../validation/plain-object.ts";
import { memberPath, mismatchMessage } from "./json-path.ts";
import type { JsonObject } from "./json.ts";

/** The deepest nesting that is copied. Deeper values would exhaust the stack of `JSON.stringify`. */
export const MAX_JSON_DEPTH = 1000;

/** Options of {@link copyJson}. */
export interface CopyJsonOptions {
  /** Creates the error for a value that JSON cannot represent. */
  readonly error: (message: string, path: string) => Error;
  /**
   * The path of the value itself, which error paths start with.
   * @default "$"
   */
  readonly path?: string | undefined;
  /**
   * How to treat lone surrogates, which no store accepts: throw, replace them with U+FFFD, or copy them.
   * @default "reject"
   */
  readonly loneSurrogates?: "keep" | "reject" | "replace" | undefined;
  /**
   * The deepest nesting of arrays and objects.
   * @default MAX_JSON_DEPTH
   */
  readonly maxDepth?: number | undefined;
}

/**
 * Returns a deep copy that is strict JSON and shares no object with `value`. Members that are `undefined` are left
 * out, as by `JSON.stringify`. Anything else that JSON cannot represent is rejected with its path: cycles, holes,
 * class instances, `NaN`, functions.
 */
export function copyJson(value: unknown, options: CopyJsonOptions): JsonValue {
  const { error, path = "$", loneSurrogates = "reject", maxDepth = MAX_JSON_DEPTH } = options;
  return copyValue(value, { error, path, loneSurrogates, maxDepth }, path, 0);
}

interface Rules {
  readonly error: (message: string, path: string) => Error;
  readonly path: string;
  readonly loneSurrogates: "keep" | "reject" | "replace";
  readonly maxDepth: number;
}

/** The position of a value. Formatted only for an error, because formatting each one would dominate the copy. */
type Position = string | { readonly parent: Position; readonly key: number | string };

function formatPosition(position: Position): string {
  if (typeof position === "string") return position;
  return memberPath(formatPosition(position.parent), position.key);
}

function copyValue(value: unknown, rules: Rules, position: Position, depth: number): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return copyText(value, rules, position);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) throw notJson(value, rules, position);
  if (depth >= rules.maxDepth) {
    // The path of the whole value: that of the offending one would have a thousand members.
    throw rules.error(`\`${rules.path}\` must be nested at most ${rules.maxDepth} levels deep.`, rules.path);
  }
  return isArray ? copyArray(value, rules, position, depth) : copyObject(value, rules, position, depth);
}

function copyArray(items: readonly unknown[], rules: Rules, parent: Position, depth: number): JsonValue[] {
  const copy: JsonValue[] = [];
  for (let key = 0; key < items.length; key += 1) {
    copy.push(copyValue(items[key], rules, { parent, key }, depth + 1));
  }
  return copy;
}

function copyObject(
  object: { readonly [member: string]: unknown },
  rules: Rules,
  parent: Position,
  depth: number,
): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    const name = copyText(key, rules, parent);
    const value = copyValue(member, rules, { parent, key }, depth + 1);
    // Assigning to __proto__ would set the prototype.
    if (name === "__proto__") Object.defineProperty(copy, name, { ...DATA_PROPERTY, value });
    else copy[name] = value;
  }
  return copy;
}

const DATA_PROPERTY = { configurable: true, enumerable: true, writable: true } as const;

function copyText(text: string, { loneSurrogates, error }: Rules, position: Position): string {
  if (loneSurrogates === "keep" || text.isWellFormed()) return text;
  if (loneSurrogates === "replace") return text.toWellFormed();
  const path = formatPosition(position);
  throw error(mismatchMessage(path, "well-formed Unicode, without lone surrogates"), path);
}

function notJson(value: unknown, { error }: Rules, position: Position): Error {
  const path = formatPosition(position);
  const remedy = value instanceof Uint8Array ? " Encode bytes as base64 or as a data URL." : "";
  return error(mismatchMessage(path, "a JSON value", value) + remedy, path);
}
