import { randomBytes } from "node:crypto";
import { type Harness, register } from "@threadstore/conformance";
import { memoryDriver, type MemoryRecords } from "@threadstore/core/driver";
import { afterAll, describe, expect, it, vi } from "vitest";
import * as used from "#crypto";
import { memoryBackend } from "../backend.test-helper.ts";
import { openOver } from "../conformance.test-helper.ts";
import { goldenStore } from "../golden.test-helper.ts";
import { envelopeKeys } from "../keys/envelope-keys.ts";
import { reseal } from "../reseal/reseal.ts";
import { withEncryption } from "../with-encryption.ts";
import * as web from "./web.ts";

vi.mock("#crypto", () => import("./web.ts"));

describe("without the modules of Node.js", () => {
  it("Web Crypto is used", () => {
    expect(used.encryptOnce).toBe(web.encryptOnce);
  });

  it("a thread that was encrypted with `node:crypto` is read, and continued", async () => {
    const { view, expected } = await goldenStore();
    expect(await view.load("thread-1")).toMatchObject(expected);
    await view.append("thread-1", ["more"]);
    expect((await view.load("thread-1"))?.json).toBe(expected.json.replace(/\]\}$/u, ',"more"]}'));
  });

  it("key services and `reseal` work", async () => {
    const backend = memoryBackend();
    const secret = randomBytes(32);
    const mask = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => byte ^ (secret[index] ?? 0));
    const service = {
      wrap: async (bytes: Uint8Array) => ({ wrappingKey: "key/1", bytes: mask(bytes) }),
      unwrap: async ({ bytes }: { readonly bytes: Uint8Array }) => mask(bytes),
    };
    const keys = envelopeKeys(service);
    await withEncryption(backend.open(), { keys }).save("a", { messages: ["x"] });
    expect(await reseal(backend.open(), { keys: envelopeKeys(service), all: true })).toMatchObject({
      resealed: 1,
    });
    expect((await withEncryption(backend.open(), { keys }).load("a"))?.thread).toEqual({ messages: ["x"] });
  });
});

const locations = new Map<string, MemoryRecords>();
const harness: Harness = {
  name: "memory with encryption by Web Crypto",
  async open(location, options) {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return openOver(memoryDriver({ records }), options);
  },
  async destroy(location) {
    locations.delete(location);
  },
};

describe("memoryStore with encryption by Web Crypto", () => {
  const selection = {
    tiers: ["core", "concurrent"],
    sections: ["Existence", "Values", "Versions and races"],
  } as const;
  register(harness, { describe, it, after: afterAll }, selection);
});
