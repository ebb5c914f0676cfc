import crypto, { KeyObject } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import * as node from "./node.ts";
import { type Bytes, type CryptoPlatform, NONCE, TAG_BYTES } from "./platform.ts";
import * as web from "./web.ts";

// Both modules must export all of it.
const PLATFORMS: readonly (readonly [name: string, platform: CryptoPlatform])[] = [
  ["Node.js", node],
  ["Web Crypto", web],
];

const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Uint8Array.from(value));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => Uint8Array.from(value));

function bytesOf(hex: string): Bytes {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hexOf(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString("hex");
}

describe("both platforms", () => {
  it("compute the same ciphertexts, codes and hashes, and decrypt those of the other", async () => {
    await fc.assert(
      fc.asyncProperty(key, bytes, bytes, async (secret, plaintext, data) => {
        const sealed = await node.encryptOnce(secret, plaintext, data);
        expect(hexOf(await web.encryptOnce(secret, plaintext, data))).toBe(hexOf(sealed));
        for (const [, { decryptOnce }] of PLATFORMS) {
          expect(hexOf(await decryptOnce(secret, sealed, data))).toBe(hexOf(plaintext));
        }
        const [ofNode, ofWeb] = [node.createMac(secret), web.createMac(secret)];
        expect(hexOf(await ofWeb(plaintext, data))).toBe(hexOf(await ofNode(plaintext, data)));
        expect(hexOf(await web.sha256(data))).toBe(hexOf(await node.sha256(data)));
      }),
    );
  });
});

describe.each(PLATFORMS)("%s", (_, platform) => {
  it("computes AES-256-GCM as its specification does", async () => {
    // Test case 14 of the specification of Galois/Counter Mode: a key, a nonce and a plaintext of zeros.
    expect(hexOf(NONCE)).toBe("00".repeat(12));
    const sealed = await platform.encryptOnce(new Uint8Array(32), new Uint8Array(16), new Uint8Array());
    expect(hexOf(sealed)).toBe("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  });

  it("computes HMAC-SHA256 as RFC 4231 does, of the joined parts", async () => {
    const mac = platform.createMac(bytesOf("0b".repeat(20)));
    const expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    for (const parts of [["Hi There"], ["Hi ", "", "There"]]) {
      expect(hexOf(await mac(...parts.map((part) => bytesOf(Buffer.from(part).toString("hex")))))).toBe(
        expected,
      );
    }
  });

  it("keeps a copy of the key of a code", async () => {
    const secret = bytesOf("0b".repeat(32));
    const mac = platform.createMac(secret);
    const before = hexOf(await mac(NONCE));
    secret.fill(0);
    expect(hexOf(await mac(NONCE))).toBe(before);
  });

  it("does not decrypt with anything changed, or truncated", async () => {
    const [secret, plaintext, data] = [bytesOf("01".repeat(32)), bytesOf("0203"), bytesOf("04")];
    const sealed = await platform.encryptOnce(secret, plaintext, data);
    const changed = (value: Bytes, index: number): Bytes => value.with(index, (value[index] ?? 0) ^ 1);
    for (let index = 0; index < sealed.length; index += 1) {
      expect(await platform.decryptOnce(secret, changed(sealed, index), data)).toBeUndefined();
      expect(await platform.decryptOnce(secret, sealed.slice(0, index), data)).toBeUndefined();
    }
    expect(await platform.decryptOnce(changed(secret, 0), sealed, data)).toBeUndefined();
    expect(await platform.decryptOnce(secret, sealed, changed(data, 0))).toBeUndefined();
    expect(await platform.decryptOnce(secret, sealed, new Uint8Array())).toBeUndefined();
    expect(sealed.length).toBe(plaintext.length + TAG_BYTES);
  });

  it("creates random bytes", () => {
    const created = Array.from({ length: 100 }, () => hexOf(platform.randomBytes(16)));
    expect(new Set(created).size).toBe(100);
    expect(created.every((each) => each.length === 32)).toBe(true);
  });
});

it("Web Crypto that a page lacks is named", async () => {
  vi.stubGlobal("crypto", {});
  try {
    await expect(web.sha256(NONCE)).rejects.toThrow("Load the page with TLS");
  } finally {
    vi.unstubAllGlobals();
  }
});

describe("on Node.js", () => {
  it.each(["createCipheriv", "createDecipheriv"] as const)("%s gets a key object", async (name) => {
    const create = vi.spyOn(crypto, name);
    syncBuiltinESMExports();
    try {
      const secret = new Uint8Array(32);
      await node.decryptOnce(secret, await node.encryptOnce(secret, secret, secret), secret);
      expect(create.mock.calls.map(([, cipherKey]) => cipherKey)).toEqual([expect.any(KeyObject)]);
    } finally {
      create.mockRestore();
      syncBuiltinESMExports();
    }
  });
});
