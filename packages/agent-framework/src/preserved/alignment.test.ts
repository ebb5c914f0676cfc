import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { align } from "./alignment.ts";

function positions(before: string, now: string): (number | undefined)[] {
  return align(before.split(""), now.split(""));
}

const _ = undefined;

describe("align", () => {
  test.each<[name: string, before: string, now: string, expected: (number | undefined)[]]>([
    ["unchanged", "abc", "abc", [0, 1, 2]],
    ["appended", "abc", "abcxy", [0, 1, 2, _, _]],
    ["removed from the front", "abcd", "cdx", [2, 3, _]],
    ["edited in the middle", "abc", "axc", [0, _, 2]],
    ["removed in the middle", "abcd", "ad", [0, 3]],
    ["inserted at the front", "abc", "xabc", [_, 0, 1, 2]],
    ["all equal", "aaa", "aaaa", [0, 1, 2, _]],
    ["repeated, removed from the front", "hahb", "hb", [2, 3]],
    ["repeated, the last removed", "hahb", "ha", [0, 1]],
    ["swapped: one of them is new", "ab", "ba", [_, 0]],
    ["all removed", "ab", "", []],
    ["all new", "", "ab", [_, _]],
    ["all replaced", "ab", "xy", [_, _]],
  ])("%s", (_name, before, now, expected) => {
    expect(positions(before, now)).toEqual(expected);
  });

  test("any conversations: only equal messages match, in order, and all match if messages were only appended", () => {
    const letters = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { maxLength: 20 });
    fc.assert(
      fc.property(letters, letters, (before, now) => {
        const pairs = align(before, now).flatMap((was, is) =>
          was === undefined ? [] : [[was, is] as const],
        );
        for (const [was, is] of pairs) expect(before[was]).toBe(now[is]);
        const order = pairs.map(([was]) => was);
        expect(order).toEqual([...new Set(order)].toSorted((left, right) => left - right));
        const extended = align(before, [...before, ...now]);
        expect(extended.slice(0, before.length).filter((was) => was !== undefined).length).toBe(
          before.length,
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("a long conversation in a short time", () => {
    const before = Array.from({ length: 50_000 }, (_item, index) => String(index % 1000));
    const now = before.slice(10_000);
    expect(align(before, now)).toHaveLength(40_000);
  });
});
