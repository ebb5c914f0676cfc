import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { staticKeys } from "../keys/static-keys.ts";
import { metadataFormat } from "./sealed-metadata.ts";

const location = { namespace: "a", id: "thread" };
const bytes = randomBytes(32);
const keys = staticKeys({ current: "k", keys: { k: bytes } });
const metadata = { title: "Grüße", ".encryption.sealed": "x", ".encryption.sealed~": "y", __proto__x: "z" };
const sealed = metadataFormat({ missingKeys: "reject", keys, isSealed: true, migrating: false });
const plain = metadataFormat({ missingKeys: "reject", keys, isSealed: false, migrating: false });

describe("sealed metadata", () => {
  it("is one member without names and values, and reads back", async () => {
    const stored = await sealed.encode(location, metadata);
    expect(Object.keys(stored)).toEqual([".encryption.sealed"]);
    expect(JSON.stringify(stored)).not.toMatch(/title|Grü/u);
    for (const format of [sealed, plain]) expect(await format.decode(location, stored)).toEqual(metadata);
  });

  it("belongs to its thread and namespace, and cannot be changed", async () => {
    const stored = await sealed.encode(location, metadata);
    for (const other of [
      { ...location, id: "other" },
      { ...location, namespace: "b" },
    ]) {
      await expect(sealed.decode(other, stored)).rejects.toMatchObject({ code: "CORRUPT" });
    }
    const text = stored[".encryption.sealed"] ?? "";
    for (let index = 0; index < text.length; index += 1) {
      const changed = text.slice(0, index) + (text[index] === "a" ? "b" : "a") + text.slice(index + 1);
      const code = expect.stringMatching(index === 0 ? /CORRUPT|MISCONFIGURED/u : /CORRUPT/u);
      const decoding = sealed.decode(location, { ".encryption.sealed": changed });
      await expect(decoding, `character ${index}`).rejects.toMatchObject({ code });
    }
  });

  it("that is missing is CORRUPT, unless a migration is under way", async () => {
    await expect(sealed.decode(location, { title: "T" })).rejects.toMatchObject({ code: "CORRUPT" });
    const migrating = metadataFormat({ missingKeys: "reject", keys, isSealed: true, migrating: true });
    expect(await migrating.decode(location, { title: "T" })).toEqual({ title: "T" });
  });

  it("names a missing key", async () => {
    const stored = await sealed.encode(location, metadata);
    const others = staticKeys({ current: "other", keys: { other: randomBytes(32) } });
    const decoding = metadataFormat({
      missingKeys: "reject",
      keys: others,
      isSealed: true,
      migrating: false,
    }).decode(location, stored);
    await expect(decoding).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("`k`"),
    });
  });

  it("names the key if another one has its id", async () => {
    const stored = await sealed.encode(location, metadata);
    const others = staticKeys({ current: "k", keys: { k: randomBytes(32) } });
    const format = metadataFormat({ missingKeys: "reject", keys: others, isSealed: true, migrating: false });
    await expect(format.decode(location, stored)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("the key `k` is not the one that encrypted it"),
    });
  });

  it("is not a plain format, so that listings filter what they decrypt", () => {
    expect([sealed.isPlain, plain.isPlain]).toEqual([false, true]);
  });
});

it("plain metadata is stored as it is, and reads back whatever its names are", async () => {
  expect(await plain.encode(location, { title: "T" })).toEqual({ title: "T" });
  expect(await plain.decode(location, await plain.encode(location, metadata))).toEqual(metadata);
});
