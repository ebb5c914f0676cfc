import { expect, test } from "vitest";
import { newNonce } from "./nonce.ts";

test("nonces are unique, have 22 characters, and use all of their bits", () => {
  const nonces = Array.from({ length: 1000 }, newNonce);
  expect(new Set(nonces).size).toBe(1000);
  expect(nonces.filter((nonce) => !/^[\w-]{21}[AQgw]$/u.test(nonce))).toEqual([]);
  const bytes = nonces.map((nonce) => Buffer.from(nonce, "base64url"));
  const isConstant = (bit: number): boolean =>
    new Set(bytes.map((nonce) => (nonce[bit >> 3] ?? 0) & (1 << (bit & 7)))).size === 1;
  expect(Array.from({ length: 128 }, (_, bit) => bit).filter(isConstant)).toEqual([]);
});
