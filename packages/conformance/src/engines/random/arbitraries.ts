import type { ThreadMetadata } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { idGroups } from "../../corpus/hostile-ids.ts";
import { jsonTexts } from "../../corpus/json-documents.ts";
import { textInParts } from "../../utilities/text-in-parts.ts";

const name = fc.string({ unit: "grapheme", maxLength: 8 });

/** Ids that a run works with: few, so that calls meet, and of one kind, so that what may be confused is. */
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
    .filter((id) => Buffer.byteLength(id) <= 256);
}

/** A thread as callers give it. */
export type Value = object | string;

const text = fc.constantFrom(...jsonTexts);

export const value: fc.Arbitrary<Value> = fc.oneof(
  text,
  // In two parts, cut anywhere.
  fc.tuple(text, fc.nat()).map(([whole, place]) => {
    const at = place % (whole.length + 1);
    return textInParts(whole.slice(0, at), whole.slice(at));
  }),
  fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4, noNullPrototype: true }),
);

/** The JSON that has to come back. */
export function jsonOf(given: Value): string {
  if (hasTextParts(given)) return given[TEXT_PARTS]().join("");
  return typeof given === "string" ? given : JSON.stringify(given);
}

export const metadata: fc.Arbitrary<ThreadMetadata | undefined> = fc.option(
  fc.dictionary(name, name, { maxKeys: 2, noNullPrototype: true }),
  { nil: undefined, freq: 2 },
);

const hour = 3_600_000;

/** Much longer than a run, since a backend may remove expired threads by a clock of its own. */
export const lifetimes: readonly number[] = [hour, 2 * hour + 1, 24 * hour];

export const pause: fc.Arbitrary<number> = fc.constantFrom(1, 1000, hour - 1, hour, 3 * hour);

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
      milliseconds: fc.constantFrom(...lifetimes),
    }),
  },
);
