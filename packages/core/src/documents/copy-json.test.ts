import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { copyJson, type CopyJsonOptions, MAX_JSON_DEPTH } from "./copy-json.ts";

function copy(value: unknown, options: Partial<CopyJsonOptions> = {}): unknown {
  return copyJson(value, {
    error: (message, path) => Object.assign(new Error(message), { path }),
    ...options,
  });
}

function refusal(value: unknown, options?: Partial<CopyJsonOptions>): unknown {
  try {
    return copy(value, options);
  } catch (error) {
    return error;
  }
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

describe("copyJson", () => {
  it("returns an equal value that shares no object with the original", () => {
    const value = { a: [1, "two", null, { b: true }] };
    const result = copy(value) as typeof value;
    expect(result).toStrictEqual(value);
    expect(result.a).not.toBe(value.a);
    expect(result.a[3]).not.toBe(value.a[3]);
  });

  it("leaves out members that are undefined", () => {
    expect(copy({ a: undefined, b: 1 })).toStrictEqual({ b: 1 });
  });

  it("copies a member called __proto__ as data", () => {
    expect(JSON.stringify(copy(JSON.parse('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
  });

  it("accepts objects without a prototype and objects of another realm", () => {
    expect(copy(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    expect(copy(runInNewContext("({ a: [1] })"))).toStrictEqual({ a: [1] });
  });

  const cycle: { self?: object } = {};
  cycle.self = cycle;

  it.each<[name: string, value: unknown, path: string, message: RegExp]>([
    ["undefined", undefined, "$", /`\$` must be a JSON value, but is missing\./u],
    ["a hole in an array", { list: Array.from({ length: 2 }).fill(1, 0, 1) }, "$.list[1]", /missing/u],
    ["NaN", [Number.NaN], "$[0]", /a non-finite number/u],
    ["a bigint", { "two words": 1n }, '$["two words"]', /a bigint/u],
    ["a date", { at: new Date(0) }, "$.at", /a class instance/u],
    ["bytes", { data: new Uint8Array(1) }, "$.data", /a Uint8Array\. Encode bytes as base64/u],
    ["a function", { f: () => 1 }, "$.f", /a function/u],
    ["a cycle", cycle, "$", /nested at most 1000 levels deep/u],
    ["a lone surrogate", { text: "a\ud800" }, "$.text", /well-formed Unicode/u],
    ["a lone surrogate in a name", { a: { "\ud800": 1 } }, "$.a", /well-formed Unicode/u],
  ])("rejects %s with the path", (_name, value, path, message) => {
    expect(refusal(value)).toMatchObject({ path, message: expect.stringMatching(message) });
  });

  it("does not quote values in messages", () => {
    expect(String(refusal({ a: "secret\ud800" }))).not.toContain("secret");
  });

  it("starts paths with the path of the value", () => {
    expect(refusal([1n], { path: "$.items" })).toMatchObject({ path: "$.items[0]" });
  });

  it("limits the nesting", () => {
    expect(copy(nested(MAX_JSON_DEPTH))).toStrictEqual(nested(MAX_JSON_DEPTH));
    expect(refusal(nested(MAX_JSON_DEPTH + 1))).toMatchObject({ path: "$" });
    expect(refusal({ a: nested(100_000) })).toMatchObject({ path: "$" });
    expect(refusal([[1]], { maxDepth: 1, path: "$.a" })).toMatchObject({
      message: "`$.a` must be nested at most 1 levels deep.",
    });
  });

  it("replaces or keeps lone surrogates on request, in names too", () => {
    const value = { "\ud800": ["\udfff"] };
    expect(copy(value, { loneSurrogates: "replace" })).toStrictEqual({ "\ufffd": ["\ufffd"] });
    expect(copy(value, { loneSurrogates: "keep" })).toStrictEqual(value);
  });
});
