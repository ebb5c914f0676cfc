import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMac } from "#crypto";
import type { Mac } from "../crypto/platform.ts";
import { encodeText } from "../format/bytes.ts";
import { SALT_BYTES, sealingKey, sealWith } from "./sealing-key.ts";

const bytes = Uint8Array.from(randomBytes(32));
const key = sealingKey({ id: "k", bytes });
const context = encodeText("context");

function hexOf(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

describe("one-time keys", () => {
  /** Seals with a random generator that returns the same bytes each time. Returns the key of the ciphertext. */
  async function usedKey(plaintext: string, at: string): Promise<string> {
    const keys: string[] = [];
    const mac: Mac = async (...parts) => {
      const code = await createMac(bytes)(...parts);
      // The code after that of the salt.
      keys.push(hexOf(code));
      return code;
    };
    const random = { mac, randomBytes: (length: number) => new Uint8Array(length) };
    await sealWith(random, encodeText(at), encodeText(plaintext));
    expect(keys.length).toBe(2);
    return keys.at(-1) ?? "";
  }

  it("are never used twice, even if the random generator repeats its bytes", async () => {
    const used = new Set<string>();
    for (let n = 0; n < 500; n += 1) {
      used.add(await usedKey(`plaintext ${n}`, "context"));
      used.add(await usedKey("plaintext", `context ${n}`));
    }
    expect(used.size).toBe(1000);
  });

  it("repeat only for the same plaintext in the same place", async () => {
    expect(await usedKey("a", "b")).toBe(await usedKey("a", "b"));
    // The boundary between the context and the plaintext counts.
    expect(await usedKey("ab", "c")).not.toBe(await usedKey("b", "ca"));
  });
});

describe("a sealed text", () => {
  it("opens only in its context, unchanged, and with its key", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const sealed = await key.seal(context, encodeText(text));
        expect(hexOf((await key.open(context, sealed)) ?? context)).toBe(hexOf(encodeText(text)));
        expect(await key.open(encodeText("other"), sealed)).toBeUndefined();
        expect(await sealingKey({ id: "k", bytes: randomBytes(32) }).open(context, sealed)).toBeUndefined();
        const index = Math.floor(sealed.length / 2);
        expect(await key.open(context, sealed.with(index, (sealed[index] ?? 0) ^ 4))).toBeUndefined();
        expect(await key.open(context, sealed.slice(0, SALT_BYTES))).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it("differs each time", async () => {
    const sealed = await Promise.all(Array.from({ length: 100 }, () => key.seal(context, context)));
    expect(new Set(sealed.map(hexOf)).size).toBe(100);
  });
});

it("a key is not in what a log shows of it", () => {
  const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
  for (const encoding of ["hex", "base64", "latin1"] as const) {
    expect(shown).not.toContain(Buffer.from(bytes).toString(encoding));
  }
  expect(shown).not.toMatch(/\d+, \d+, \d+/u);
});

it.each([
  ["an id with a slash", { id: "a/b", bytes }],
  ["an empty id", { id: "", bytes }],
  ["a long id", { id: "x".repeat(65), bytes }],
  ["a short key", { id: "k", bytes: bytes.subarray(1) }],
  ["a key that is text", { id: "k", bytes: "x".repeat(32) as never }],
  ["a wrapped key with a line break", { id: "k", bytes, wrapped: "\n" }],
])("a provider that returns %s is refused, without the key in the message", (_, invalid) => {
  expect(() => sealingKey(invalid)).toThrow(/^A key of the key provider must have/u);
});
