import fc from "fast-check";
import { expect, it } from "vitest";
import { compareUtf8 } from "./compare-utf8.ts";

it("compares strings by their bytes of UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
      const sign = Math.sign(compareUtf8(left, right));
      expect(sign).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
  );
  expect(compareUtf8("\uffff", "\u{10000}")).toBeLessThan(0);
});
