import fc from "fast-check";
import { expect, it } from "vitest";
import type { Splice } from "./segment-format.ts";
import { applySplices, spliceBetween } from "./splice.ts";

/** Texts that begin and end alike, with characters of one to four bytes. */
const part = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "😁"), maxLength: 6 });
const end = fc
  .array(fc.constantFrom("ab", "😀", '"', "x".repeat(100), "x".repeat(5000)), { maxLength: 4 })
  .map((parts) => parts.join(""));
const texts = fc.array(
  fc.tuple(end, part, end).map((parts) => parts.join("")),
  { maxLength: 12 },
);

function splicesOf(versions: readonly string[]): Splice[] {
  return versions.map((version, index) => spliceBetween(versions[index - 1] ?? "", version));
}

it("describes each version as a change of the one before", () => {
  fc.assert(
    fc.property(texts, (versions) => {
      const splices = splicesOf(versions);
      for (const [index, version] of versions.entries()) {
        expect(applySplices(splices.slice(0, index + 1))).toBe(version);
      }
      for (const splice of splices) expect(splice.text.isWellFormed()).toBe(true);
    }),
  );
});

it.each<[before: string, after: string, expected: Splice]>([
  ["", "", { keep: 0, text: "", tail: 0 }],
  ["[1]", "[1,2]", { keep: 2, text: ",2", tail: 1 }],
  ["[1,2]", "[1]", { keep: 2, text: "", tail: 1 }],
  ["aaa", "aaaa", { keep: 3, text: "a", tail: 0 }],
  ["a😀b", "a😁b", { keep: 1, text: "😁", tail: 1 }],
  ["😀", "x😀", { keep: 0, text: "x", tail: 2 }],
  [`${"x".repeat(100_000)}1`, `${"x".repeat(100_000)}2`, { keep: 100_000, text: "2", tail: 0 }],
])("keeps as much as both have in common, without separating a pair (%#)", (before, after, expected) => {
  expect(spliceBetween(before, after)).toEqual(expected);
});

const [long, other] = ["x".repeat(10_000), "y".repeat(10_000)];

it.each<[name: string, before: string, after: string, expected: Splice]>([
  [
    "a long one that begins and ends in a string",
    `[{"a":"AB${long}EF"}]`,
    `[{"a":"AB${other}EF"}]`,
    { keep: 6, text: `"AB${other}EF"`, tail: 2 },
  ],
  [
    "a long one that begins in a string",
    `["AB${long}"]`,
    `["AB${other}"]`,
    { keep: 1, text: `"AB${other}`, tail: 2 },
  ],
  [
    "a short one",
    `["AB${"x".repeat(1000)}EF"]`,
    `["AB${"y".repeat(1000)}EF"]`,
    { keep: 4, text: "y".repeat(1000), tail: 4 },
  ],
  ["one between strings", `["a"]`, `["a","${long}"]`, { keep: 4, text: `,"${long}"`, tail: 1 }],
  [
    "one far from the ends of a string",
    `["${"a".repeat(3000)}${long}${"b".repeat(3000)}"]`,
    `["${"a".repeat(3000)}${other}${"b".repeat(3000)}"]`,
    { keep: 3002, text: other, tail: 3002 },
  ],
])("widens only long changes to whole strings: %s", (_, before, after, expected) => {
  expect(spliceBetween(before, after)).toEqual(expected);
  expect(applySplices([{ keep: 0, text: before, tail: 0 }, expected])).toBe(after);
});

it.each<Splice>([
  { keep: 4, text: "", tail: 0 },
  { keep: 0, text: "", tail: 4 },
  { keep: 2, text: "", tail: 2 },
  { keep: -1, text: "", tail: 0 },
  { keep: 0, text: "", tail: 0.5 },
  { keep: Number.NaN, text: "", tail: 0 },
])("returns nothing if a change keeps more than there is: %o", (splice) => {
  expect(applySplices([{ keep: 0, text: "abc", tail: 0 }, splice])).toBeUndefined();
});

it("applies thousands of changes of a long text in time that depends on their number", () => {
  const start = { keep: 0, text: "x".repeat(1_000_000), tail: 0 };
  // Each change keeps nearly all of the text: copying it would take minutes.
  const changes = Array.from({ length: 5000 }, (_, index) => ({ keep: 5, text: "y", tail: 999_990 + index }));
  expect(applySplices([start, ...changes])).toHaveLength(5 + 1 + 999_990 + 4999);
});

it("applies a change at the beginning of a text of very many pieces, and then others at any position", () => {
  const appends = Array.from({ length: 200_000 }, (_, index) => ({ keep: index + 1, text: "a", tail: 1 }));
  const text = applySplices([
    { keep: 0, text: "[]", tail: 0 },
    ...appends,
    { keep: 0, text: "{", tail: 200_001 },
    { keep: 200_001, text: "}", tail: 0 },
    { keep: 1, text: "bc", tail: 1 },
  ]);
  expect(text).toBe("{bc}");
});

it("applies changes at the end and at the beginning in turn, in time that does not grow with their square", () => {
  const count = 50_000;
  // Moving all pieces for each change would take minutes.
  const splices = Array.from({ length: count }, (_, index) => [
    { keep: 2 * index, text: "cd", tail: 0 },
    { keep: 0, text: "b", tail: 2 * index + 1 },
  ]);
  expect(applySplices(splices.flat())).toBe(`bd${"cd".repeat(count - 1)}`);
}, 30_000);
