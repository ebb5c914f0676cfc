import fc from "fast-check";
import { expect, it } from "vitest";
import { base85ToBytes, bytesToBase85 } from "./base85.ts";

it("encodes the example of the specification", () => {
  // https://rfc.zeromq.org/spec/32/
  const bytes = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
  expect(bytesToBase85(bytes)).toBe("HelloWorld");
  expect(base85ToBytes("HelloWorld")).toEqual(bytes);
});

it("returns all bytes, in text that JSON does not escape", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = bytesToBase85(bytes);
      expect(base85ToBytes(text)).toEqual(bytes);
      expect(JSON.stringify(text)).toHaveLength(text.length + 2);
      expect(text).toHaveLength(Math.ceil(bytes.length * 1.25));
    }),
  );
});

it.each([1, 4, 13_095, 13_100, 13_103, 13_104, 13_107, 13_108, 40_001])("encodes %i bytes", (length) => {
  // Every group is different, so that one in the wrong place would be noticed, and some have the highest bytes.
  const bytes = Uint8Array.from({ length }, (_, index) => (index % 13 === 0 ? 0xff : (index * 7919) >>> 3));
  const text = bytesToBase85(bytes);
  expect(text).toHaveLength(Math.ceil(length * 1.25));
  expect(base85ToBytes(text)).toEqual(bytes);
  // The next text must not contain anything of this one.
  expect(bytesToBase85(Uint8Array.of(0, 0, 0, 0, 0))).toBe("0000000");
});

/** Decodes text and encodes it again; `undefined` if it is invalid. */
function encodedAgain(text: string): string | undefined {
  try {
    return bytesToBase85(base85ToBytes(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

it("decodes nothing but what it encodes", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(84), (original, place, digit) => {
      const text = bytesToBase85(original);
      const index = place % text.length;
      const character = bytesToBase85(Uint8Array.of(0, 0, 0, digit)).at(-1);
      const changed = `${text.slice(0, index)}${character}${text.slice(index + 1)}`;
      expect([undefined, changed]).toContain(encodedAgain(changed));
    }),
    { numRuns: 1000 },
  );
});

it.each(["a", "aaaaaa", "%nSc1", "#####", '"aaaa', "aaaa\\", "aaaa€", "aaaa\u0100", "##", "aa aa"])(
  "rejects %o",
  (text) => {
    expect(() => base85ToBytes(text)).toThrow(SyntaxError);
  },
);
