import { describe, expect, it } from "vitest";
import { storedName } from "./stored-name.ts";

describe("storedName", () => {
  it("returns a name that fits as it is, counted in bytes of UTF-8", () => {
    expect(storedName("é".repeat(10), { maxBytes: 20 })).toBe("é".repeat(10));
    expect(storedName("é".repeat(10), { maxBytes: 19 })).toMatch(/^é{10}~sha256-[\w-]{43}$/u);
  });

  it("returns distinct results for distinct names, those included that look like a result", () => {
    const names = ["a".repeat(100), "a".repeat(101), `${"a".repeat(100)}b`];
    const results = names.map((name) => storedName(name, { maxBytes: 80 }));
    const all = [...results, ...results.map((name) => storedName(name, { maxBytes: 80 }))];
    expect(new Set(all).size).toBe(all.length);
  });

  it("is well-formed if the beginning splits a character, and has a fixed form, which records contain", () => {
    const name = `${"x".repeat(11)}😀${"y".repeat(100)}`;
    expect(storedName(name, { maxBytes: 50 }).isWellFormed()).toBe(true);
    expect(storedName("a".repeat(60), { maxBytes: 50, prefixLength: 3 })).toBe(
      "aaa~sha256-Ee45EhHGJWRgtu03WVf63YBhyvuzHa-Wfbh1rr1aqtQ",
    );
  });
});
