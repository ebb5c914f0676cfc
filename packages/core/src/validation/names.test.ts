import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedId, namespaceWithin } from "./names.ts";

describe("names", () => {
  it("limits an id by its bytes of UTF-8", () => {
    expect(checkedId("é".repeat(256))).toHaveLength(256);
    expect(() => checkedId("é".repeat(257))).toThrow("must have at most 512 bytes of UTF-8, but has 514");
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
    expect(namespaceWithin("", "/".repeat(512))).toHaveLength(1536);
    expect(() => namespaceWithin("x".repeat(484), "y".repeat(28))).toThrow("at most 512 bytes");
  });
});
