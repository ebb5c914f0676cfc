import { randomBytes } from "node:crypto";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "../backend.test-helper.ts";
import { withHiddenIds } from "../hidden-ids/with-hidden-ids.ts";
import { staticKeys } from "../keys/static-keys.ts";
import { withEncryption } from "../with-encryption.ts";
import { countKeys } from "./count-keys.ts";
import { reseal } from "./reseal.ts";

const bytes = { old: randomBytes(32), new: randomBytes(32) };
const oldKeys = staticKeys({ current: "old", keys: bytes });
const keys = staticKeys({ current: "new", keys: bytes });

/** Creates a backend with 3 threads of the old key, 2 of the new one, and one that is not encrypted. */
async function mixed(): Promise<Backend> {
  const backend = memoryBackend();
  const old = withEncryption(backend.open(), { keys: oldKeys });
  await old.save("a", {}, { metadata: { title: "x" } });
  await old.namespace("n").save("b", {});
  await old.namespace("n").namespace("m").save("c", {});
  const current = withEncryption(backend.open(), { keys }).namespace("n");
  for (const id of ["d", "e"]) await current.save(id, {});
  await backend.open().save("plain", {});
  return backend;
}

describe("countKeys", () => {
  it("counts what reseal would encrypt, by key, and reads only listings", async () => {
    const backend = await mixed();
    backend.requests.length = 0;
    expect(await countKeys(backend.open(), { keys })).toEqual({
      keys: [
        { keyId: "old", threads: 3, outdated: 3 },
        { keyId: "new", threads: 2, outdated: 0 },
        { keyId: undefined, threads: 1, outdated: 1 },
      ],
      corrupt: 0,
    });
    expect(new Set(backend.requests)).toEqual(new Set(["list"]));
    await reseal(backend.open(), { keys, migrating: true });
    expect(await countKeys(backend.open(), { keys })).toEqual({
      keys: [{ keyId: "new", threads: 6, outdated: 0 }],
      corrupt: 0,
    });
  });

  it("counts threads whose metadata are stored in another way", async () => {
    const backend = await mixed();
    const { keys: counts } = await countKeys(backend.open(), { keys, metadata: "sealed", namespaces: false });
    expect(counts).toEqual([
      { keyId: "old", threads: 1, outdated: 1 },
      { keyId: undefined, threads: 1, outdated: 1 },
    ]);
    const current = await countKeys(backend.open().namespace("n"), { keys, metadata: "sealed" });
    expect(current.keys).toContainEqual({ keyId: "new", threads: 2, outdated: 2 });
  });

  it("rejects what is not the inner store, and invalid options", async () => {
    const store = memoryStore();
    await expect(countKeys(withEncryption(store, { keys }), { keys })).rejects.toThrow("inside of");
    for (const options of [{}, { keys: {} }, { keys, timeoutMs: 1 }, { keys, namespaces: 1 }]) {
      await expect(countKeys(store, options as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});

describe("a store with encryption, without `keys`", () => {
  const stack = (inner: ThreadStore): ThreadStore =>
    withHiddenIds(withEncryption(inner, { keys, metadata: "sealed", migrating: true }), {
      key: randomBytes(32),
    });

  it("is counted and resealed with its own keys and options, also below other layers", async () => {
    const inner = (await mixed()).open();
    const store = stack(inner);
    const outdated = { keyId: "old", threads: 3, outdated: 3 };
    expect((await countKeys(store)).keys).toContainEqual(outdated);
    expect(await reseal(store)).toMatchObject({ resealed: 6, current: 0, corrupt: 0 });
    // Another layer on the same store does not change what this one has.
    withEncryption(inner, { keys: oldKeys });
    expect((await countKeys(store)).keys).toEqual([{ keyId: "new", threads: 6, outdated: 0 }]);
    expect((await countKeys(store, { all: true })).keys).toEqual([{ keyId: "new", threads: 6, outdated: 6 }]);
    const { threads } = await inner.listPage({ metadata: true });
    const sealed = threads.filter((thread) => Object.hasOwn(thread.metadata ?? {}, ".encryption.sealed"));
    expect(sealed).toHaveLength(threads.length);
  });

  it("is not a view, whose encryption is unknown", async () => {
    const view = stack(memoryStore()).namespace("n");
    for (const run of [countKeys, reseal]) {
      await expect(run(view)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});
