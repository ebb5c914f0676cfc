import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { decodeBody, encodeBody } from "./body.ts";

describe("the text of a segment", () => {
  it.each([
    ["a thread", '{"messages":[{"role":"user"}]}', ["", [{ messages: [{ role: "user" }] }]]],
    ["appended elements", ',{"a":1},["b"],"c"', [",", [{ a: 1 }, ["b"], "c"]]],
    ["the first elements of an array", '{"a":1},{"b":2}', ["", [{ a: 1 }, { b: 2 }]]],
    ["elements and later members", ',{"a":1}],"n":3', [",", [{ a: 1 }], '],"n":3']],
    ["an added member", ',"title":"T"', ',"title":"T"'],
    ["white space", ',{"a": 1}', ',{"a": 1}'],
    ["notation of numbers", ',{"a":1.0}', ',{"a":1.0}'],
    ["escapes that are not needed", ',{"a":"\\u0041"}', ',{"a":"\\u0041"}'],
    ["members that engines order", '{"b":1,"1":2}', '{"b":1,"1":2}'],
    ["members of the same name", '{"a":1,"a":2}', '{"a":1,"a":2}'],
    ["a prototype", '{"__proto__":{"a":1}}', ["", [JSON.parse('{"__proto__":{"a":1}}')]]],
    ["part of a string", 'lo","b":"c', 'lo","b":"c'],
    ["brackets that do not match", '{"a":[}', '{"a":[}'],
    ["an open string", '{"a":"}', '{"a":"}'],
    ["escaped quotes", '{"a":"\\\\\\"}{"}', ["", [{ a: '\\"}{' }]]],
    ["deep nesting", "[".repeat(2000) + "]".repeat(2000), "[".repeat(2000) + "]".repeat(2000)],
    ["nothing", "", ""],
  ])("is stored as JSON values where they are written like that: %s", (_title, text, body) => {
    expect(encodeBody(text)).toEqual(body);
    expect(decodeBody(JSON.parse(JSON.stringify(encodeBody(text))))).toBe(text);
  });

  test("is restored exactly, whichever part of some JSON it is", () => {
    const part = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(), fc.constantFrom("", ",", " "))
      .map(([json, start, end, lead]) => lead + json.slice(start % 8, json.length - (end % 4)));
    fc.assert(
      fc.property(fc.oneof(part, fc.string()), (text) => {
        expect(decodeBody(JSON.parse(JSON.stringify(encodeBody(text))))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([[undefined], [1], [null], [[]], [[";", [1]]], [["", 1]], [["", [1], 2]], [{}]])(
    "is never %j",
    (body) => {
      expect(decodeBody(body)).toBeUndefined();
    },
  );
});
