import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedId, namespaceWithin } from "./names.ts";

describe("names", () => {
  it("limits an id by its bytes of UTF-8", () => {
    expect(checkedId("é".repeat(128))).toHaveLength(128);
    expect(() => checkedId("é".repeat(129))).toThrow("must have at most 256 bytes of UTF-8, but has 258");
  });

  it("escapes nested namespaces so that distinct paths never collide", () => {
    expect(namespaceWithin(namespaceWithin("", "a"), "b")).toBe("a/b");
    expect(namespaceWithin("", "a/b")).toBe("a%2Fb");
    expect(namespaceWithin("", "a%2Fb")).toBe("a%252Fb");
    const path = fc.array(fc.constantFrom("a", "/", "%", "%2F", "a/", "/a"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(left.reduce(namespaceWithin, "") === right.reduce(namespaceWithin, "")).toBe(same);
      }),
    );
  });

  it("limits nested namespaces in total, before escaping", () => {
    expect(namespaceWithin("", "/".repeat(128))).toHaveLength(384);
    expect(() => namespaceWithin("x".repeat(100), "y".repeat(28))).toThrow("at most 128 bytes");
  });
});
