import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { align } from "./alignment.ts";

function positions(before: string, now: string): (number | undefined)[] {
  return align(before.split(""), now.split(""));
}

const _ = undefined;

describe("messages are known again", () => {
  test.each<[name: string, before: string, now: string, expected: (number | undefined)[]]>([
    ["nothing happened", "abc", "abc", [0, 1, 2]],
    ["added behind", "abc", "abcxy", [0, 1, 2, _, _]],
    ["cut from the front", "abcd", "cdx", [2, 3, _]],
    ["edited in the middle", "abc", "axc", [0, _, 2]],
    ["removed in the middle", "abcd", "ad", [0, 3]],
    ["put in front", "abc", "xabc", [_, 0, 1, 2]],
    ["all the same", "aaa", "aaaa", [0, 1, 2, _]],
    ["repeated, cut from the front", "hahb", "hb", [2, 3]],
    ["repeated, the last removed", "hahb", "ha", [0, 1]],
    ["swapped: one of them is another message", "ab", "ba", [_, 0]],
    ["nothing left", "ab", "", []],
    ["nothing before", "", "ab", [_, _]],
    ["everything else", "ab", "xy", [_, _]],
  ])("%s", (_name, before, now, expected) => {
    expect(positions(before, now)).toEqual(expected);
  });

  test("whatever happens, only equals match, in order; and a conversation that went on matches throughout", () => {
    const letters = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { maxLength: 20 });
    fc.assert(
      fc.property(letters, letters, (before, now) => {
        const pairs = align(before, now).flatMap((was, is) =>
          was === undefined ? [] : [[was, is] as const],
        );
        for (const [was, is] of pairs) expect(before[was]).toBe(now[is]);
        const order = pairs.map(([was]) => was);
        expect(order).toEqual([...new Set(order)].toSorted((left, right) => left - right));
        const grown = align(before, [...before, ...now]);
        expect(grown.slice(0, before.length).filter((was) => was !== undefined).length).toBe(before.length);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("in a long conversation soon enough", () => {
    const before = Array.from({ length: 50_000 }, (_item, index) => String(index % 1000));
    const now = before.slice(10_000);
    expect(align(before, now)).toHaveLength(40_000);
  });
});
