import { expect, it } from "vitest";
import { kindOf, memberPath, mismatchMessage, quoteName } from "./json-path.ts";
import { canonicalJson, isJsonObject } from "./json.ts";

it("canonicalJson ignores the order of members, at every level", () => {
  const text = canonicalJson({ b: [{ d: 1, c: 2 }], a: null });
  expect(text).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  expect(canonicalJson(JSON.parse('{"a":1,"__proto__":{"b":1}}'))).toBe('{"__proto__":{"b":1},"a":1}');
});

it("isJsonObject accepts objects, and neither arrays nor null", () => {
  expect([{}, [], null, "a", undefined].map(isJsonObject)).toEqual([true, false, false, false, false]);
});

it("memberPath writes names that are not identifiers in brackets", () => {
  expect(memberPath(memberPath("$", "messages"), 3)).toBe("$.messages[3]");
  expect(memberPath("$", "two words")).toBe('$["two words"]');
  expect(memberPath("$", "a".repeat(81))).toBe(`$["${"a".repeat(80)}…"]`);
});

it("quoteName cuts long names and repairs lone surrogates", () => {
  expect(quoteName('a"\n')).toBe(String.raw`"a\"\n"`);
  expect(quoteName(`${"a".repeat(79)}😀`)).toBe(`"${"a".repeat(79)}\ufffd…"`);
});

it("kindOf names the kind of a value, and never the value", () => {
  const kinds: readonly [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [[1], "an array"],
    [Infinity, "a non-finite number"],
    [1.5, "a fractional number"],
    [0, "zero"],
    [-7, "a negative number"],
    [7, "a number"],
    ["", "an empty string"],
    ["a", "a string"],
    [7n, "a bigint"],
    [new Uint8Array(1), "a Uint8Array"],
    [{}, "an object"],
    [new Date(0), "a class instance"],
  ];
  for (const [value, kind] of kinds) expect(kindOf(value)).toBe(kind);
});

it("mismatchMessage names the path, the requirement and the kind of the value", () => {
  expect(mismatchMessage("$.a", "a string", 1)).toBe("`$.a` must be a string, but is a number.");
  expect(mismatchMessage("$.a", "a string", undefined)).toBe("`$.a` must be a string, but is missing.");
  expect(mismatchMessage("limit", "an integer")).toBe("`limit` must be an integer.");
});
