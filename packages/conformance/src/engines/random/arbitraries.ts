import type { ThreadMetadata } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { idGroups } from "../../corpus/hostile-ids.ts";
import { jsonTexts } from "../../corpus/json-documents.ts";
import { show } from "../../suite/expectations.ts";
import { textInParts } from "../../utilities/text-in-parts.ts";

const name = fc.string({ unit: "grapheme", maxLength: 8 });

/** The ids of a run: few, so that calls share threads, and of one group, so that ids that a store may confuse meet. */
export const ids: fc.Arbitrary<string[]> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...Object.values(idGroups))
      .chain((group) => fc.shuffledSubarray([...new Set(group)], { minLength: 2, maxLength: 4 })),
  },
  { weight: 1, arbitrary: fc.uniqueArray(idText(), { minLength: 2, maxLength: 4 }) },
);

function idText(): fc.Arbitrary<string> {
  return fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((id) => Buffer.byteLength(id) <= 512);
}

/** A thread as callers pass it to `save`. */
export type Value = object | string;

const text = fc.constantFrom(...jsonTexts);

/** What random calls store. */
export interface ThreadValues {
  /** Threads, made of the JSON of the thread that they replace, if it exists. */
  readonly value: fc.Arbitrary<(current: string | undefined) => Value>;
  /** Elements to append. */
  readonly elements: fc.Arbitrary<unknown[]>;
  /** The thread that an append creates if none exists, if any. */
  readonly created: fc.Arbitrary<Value | undefined>;
  /** Outcomes of appends that must occur now and then. */
  readonly appendOutcomes: readonly string[];
}

export const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 1, arbitrary: text },
  {
    weight: 1,
    // In two parts, split anywhere.
    arbitrary: fc.tuple(text, fc.nat()).map(([whole, number]) => {
      const position = number % (whole.length + 1);
      return textInParts(whole.slice(0, position), whole.slice(position));
    }),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4, noNullPrototype: true }),
  },
  {
    weight: 2,
    // Threads to which elements can be appended.
    arbitrary: fc.record({
      kind: fc.constant("chat"),
      messages: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 2 }),
    }),
  },
);

const elements: fc.Arbitrary<unknown[]> = fc.array(fc.jsonValue({ maxDepth: 1 }), {
  minLength: 1,
  maxLength: 2,
});

const created: fc.Arbitrary<Value | undefined> = fc.constantFrom<(Value | undefined)[]>(
  undefined,
  '{ "messages" : [\n] }',
  { kind: "chat", messages: [0] },
);

/** Short threads of many kinds. */
export const shortThreads: ThreadValues = {
  value: value.map((each) => () => each),
  elements,
  created,
  appendOutcomes: ["appended", "created", "no array"],
};

/** The keys of appends: few, so that they are repeated. */
export const appendKey: fc.Arbitrary<string | undefined> = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  "one",
  "other",
);

/** The number of characters from which a description of a thread shows its length and its end. */
const LONG_CHARACTERS = 200;

/** Describes a thread in a message. */
export function showValue(saved: Value): string {
  const json = jsonOf(saved);
  if (json.length < LONG_CHARACTERS) return show(saved);
  const parts = hasTextParts(saved) ? `${saved[TEXT_PARTS]().length} parts` : "one part";
  return `${show(json.slice(0, 60))} to ${show(json.slice(-30))} (${Buffer.byteLength(json)} bytes in ${parts})`;
}

/** Returns the JSON that a load of the saved value must return. */
export function jsonOf(saved: Value): string {
  if (hasTextParts(saved)) return saved[TEXT_PARTS]().join("");
  return typeof saved === "string" ? saved : JSON.stringify(saved);
}

export const metadata: fc.Arbitrary<ThreadMetadata | undefined> = fc.option(
  fc.dictionary(name, name, { maxKeys: 2, noNullPrototype: true }),
  { nil: undefined, freq: 2 },
);

const HOUR_MS = 3_600_000;

/** Much longer than a run, since a backend may delete expired threads by the real time. */
const LIFETIMES_MS: readonly number[] = [HOUR_MS, 2 * HOUR_MS + 1, 24 * HOUR_MS];

/** Clocks also step back, by much less than a thread lives. */
export const clockAdvanceMs: fc.Arbitrary<number> = fc.constantFrom(
  -1,
  -1000,
  1,
  1000,
  HOUR_MS - 1,
  HOUR_MS,
  3 * HOUR_MS,
);

export type Expiry =
  | { readonly kind: "none" | "never" }
  | { readonly kind: "ttl" | "at"; readonly milliseconds: number };

export const expiry: fc.Arbitrary<Expiry> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Expiry>({ kind: "none" }) },
  { weight: 1, arbitrary: fc.constant<Expiry>({ kind: "never" }) },
  {
    weight: 4,
    arbitrary: fc.record<Expiry & { milliseconds: number }>({
      kind: fc.constantFrom("ttl", "at"),
      milliseconds: fc.constantFrom(...LIFETIMES_MS),
    }),
  },
);
