import fc from "fast-check";
import { expect, it } from "vitest";
import {
  appendToOutline,
  decodeOutline,
  encodeOutline,
  isValidAppend,
  type Outline,
  outlineOf,
} from "./outline.ts";
import type { Splice } from "./segment-format.ts";
import { applySplices, spliceBetween } from "./splice.ts";

function outline(json: string): Outline {
  return outlineOf(json, Buffer.byteLength(json));
}

it.each([
  ['{"a":[1]}', "9,2"],
  ['{"a":[]}', "8,2e"],
  ['{"a":[ ] \n} ', "12,5e"],
  ['{"é":[1]}', "10:9,2"],
  ['{"a":1}', "7"],
  ['{"a":[1],"b":{}}', "16"],
  ["{}", "2"],
])("describes %s as %s", (json, text) => {
  expect(encodeOutline(outline(json))).toBe(text);
  expect(decodeOutline(text)).toEqual(outline(json));
});

it.each(["", "x", "1,", "1,2", "5,2x", "5,2e ", "-5", "5:,2", "5,2e,3", "1e3", " 5", "1".repeat(16)])(
  "does not decode %o",
  (text) => {
    expect(decodeOutline(text)).toBeUndefined();
  },
);

it("appends as if the thread were known", () => {
  const elements = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 3 });
  const rounds = fc.array(elements, { maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom('{"a":[]}', '{"é":"😀","a":[1, 2\n] }'), rounds, (json, appends) => {
      let current = outline(json);
      const splices: Splice[] = [{ keep: 0, text: json, tail: 0 }];
      for (const values of appends) {
        const appended = appendToOutline(current, JSON.stringify(values).slice(1, -1));
        if (appended === undefined) throw new Error("The last member is an array.");
        splices.push(appended.splice);
        current = appended.outline;
      }
      const text = applySplices(splices) ?? "";
      const { a } = JSON.parse(text) as { a: unknown[] };
      expect(a).toEqual([
        ...(JSON.parse(json) as { a: unknown[] }).a,
        ...(JSON.parse(JSON.stringify(appends.flat())) as unknown[]),
      ]);
      expect(current).toEqual(outline(text));
    }),
  );
});

it.each<[before: string, after: string, expected: boolean]>([
  ['{"a":[1]}', '{"a":[1,2]}', true],
  ['{"a":[1]}', '{"a":[1,[2], {} ]}', true],
  ['{"a":[]}', '{"a":[1]}', true],
  ['{"a":[]}', '{"a":[]}', true],
  ['{"a":[1] }', '{"a":[1,"\\""] }', true],
  ['{"a":[1]}', '{"a":[1,]}', false],
  ['{"a":[]}', '{"a":[,1]}', false],
  ['{"a":["x"]}', '{"a":["x"e5]}', false],
  ['{"a":[1]}', '{"a":[1],"b":[2]}', false],
  ['{"a":[1]}', '{"a":[1,2],[3]}', false],
  ['{"a":[1]}', '{"a":[1,tru]}', false],
  ['{"a":[1]}', '{"a":[1,"\n"]}', false],
  ['{"a":[1]}', '{"b":[1,2]}', false],
  ['{"a":1}', '{"a":12}', false],
])("knows whether %s may become %s: %o", (before, after, expected) => {
  expect(isValidAppend(outline(before), spliceBetween(before, after))).toBe(expected);
});

it("does not append to a thread whose last member is not an array", () => {
  expect(appendToOutline(outline("{}"), "1")).toBeUndefined();
});
