import type { ThreadMetadata } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { idGroups } from "../../corpus/hostile-ids.ts";
import { jsonTexts } from "../../corpus/json-documents.ts";
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

/** Elements to append. */
export const elements: fc.Arbitrary<unknown[]> = fc.array(fc.jsonValue({ maxDepth: 1 }), {
  minLength: 1,
  maxLength: 2,
});

/** The thread that an append creates if none exists, if any. */
export const created: fc.Arbitrary<Value | undefined> = fc.constantFrom<(Value | undefined)[]>(
  undefined,
  '{ "messages" : [\n] }',
  { kind: "chat", messages: [0] },
);

/** The keys of appends: few, so that they are repeated. */
export const appendKey: fc.Arbitrary<string | undefined> = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  "one",
  "other",
);

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
