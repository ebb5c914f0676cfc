import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { memoryStore, type StoredThread } from "@threadstore/core";
import { copyThreads } from "@threadstore/core/maintenance";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { describe, expect, it } from "vitest";
import { memoryBackend } from "./backend.test-helper.ts";
import { CODECS } from "./codec/codecs.test-helper.ts";
import { resolveOptions } from "./options.ts";
import { withCompression } from "./with-compression.ts";

const text = "The agent answers in the same words again and again. ".repeat(20);

describe("threads that were stored without compression", () => {
  it("stay readable, and are compressed by their next save or append", async () => {
    const backend = memoryBackend();
    const inner = backend.openInner();
    const plain = await inner.save("a", { messages: [text] }, { metadata: { title: "T" } });
    await inner.save("b", { messages: [text] });
    const store = backend.open();
    const loaded = await store.load("a");
    expect(loaded).toMatchObject({ json: plain.json, metadata: { title: "T" }, size: plain.size });
    await store.save("a", { messages: [text, text] }, { previous: loaded });
    await store.append("b", [text]);
    for (const id of ["a", "b"]) {
      expect((await inner.load(id))?.json).toContain('{"compression":{"format":1},"segments":[[0,0,"d",');
      expect((await backend.open().load(id))?.thread).toEqual({ messages: [text, text] });
    }
  });

  it("are copied to a compressed store and back", async () => {
    const [plain, compressed, back] = [memoryStore(), withCompression(memoryStore()), memoryStore()];
    await plain.save("a", { text }, { metadata: { title: "T" } });
    await plain.namespace("x").save("b", { text, n: 1 });
    await copyThreads(plain, compressed);
    await copyThreads(compressed, back);
    expect(await back.load("a")).toMatchObject({ thread: { text }, metadata: { title: "T" } });
    expect((await back.namespace("x").load("b"))?.thread).toEqual({ text, n: 1 });
  });
});

describe("a thread", () => {
  it("is listed with its own size and metadata, and erased with a receipt of its size", async () => {
    const store = memoryBackend().open();
    const { size } = await store.save(
      "a",
      { text },
      { metadata: { owner: "ann", ".compression": "theirs" } },
    );
    expect((await store.listPage({ metadata: true, where: { owner: "ann" } })).threads).toMatchObject([
      { id: "a", size, metadata: { owner: "ann", ".compression": "theirs" } },
    ]);
    expect(await store.erase()).toMatchObject({ threads: 1, bytes: size });
  });

  it("is found by its metadata in an index, whatever changed them", async () => {
    using folder = temporaryFolder();
    await using store = withCompression(sqliteStore({ path: join(folder.path, "threads.db") }));
    const idsOf = async (owner: string): Promise<string[]> =>
      (await store.listPage({ where: { owner } })).threads.map(({ id }) => id);
    const first = await store.save("a", { messages: [text] }, { metadata: { owner: "ann" } });
    await store.save("a", { messages: [text, text] }, { previous: first });
    await store.append("a", [text]);
    expect(await idsOf("ann")).toEqual(["a"]);
    await store.touch("a", { metadata: { owner: "bob" } });
    await store.append("a", [text]);
    expect([await idsOf("ann"), await idsOf("bob")]).toEqual([[], ["a"]]);
    await store.append("a", [text], { metadata: { owner: "eve" } });
    expect([await idsOf("bob"), await idsOf("eve")]).toEqual([[], ["a"]]);
  });

  it("can be larger than the limit of the inner store, but not than that of the compressed one", async () => {
    const backend = memoryBackend();
    const store = withCompression(backend.openInner({ maxThreadBytes: 2000 }), { maxThreadBytes: 10_000 });
    const saved = await store.save("a", { text: text.repeat(8) });
    expect(saved.size).toBeGreaterThan(8000);
    await expect(store.save("b", { text: text.repeat(10) })).rejects.toMatchObject({ code: "TOO_LARGE" });
    const random = randomBytes(3000).toString("base64");
    await expect(store.save("b", { random })).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it("stays readable within its limit, however often its text is replaced, in any script", async () => {
    const backend = memoryBackend();
    const limits = { maxThreadBytes: 65_536 };
    const kept = "好".repeat(11_000);
    let previous: StoredThread | undefined;
    for (let n = 0; n < 150; n += 1) {
      const replaced = String.fromCodePoint(0x4e00 + n).repeat(10_000);
      previous = await backend.open(limits).save("a", { kept, replaced }, { previous });
      expect((await backend.open(limits).load("a"))?.json).toBe(previous.json);
    }
  });

  it("of another limit is CORRUPT before it is decompressed, and the message names the remedy", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { text: text.repeat(10) });
    await expect(backend.open({ maxThreadBytes: 5000 }).load("a")).rejects.toMatchObject({
      code: "CORRUPT",
      operation: "load",
      id: "a",
      store: "compression",
      message: expect.stringContaining("Raise the limit if you trust the record, or delete the thread"),
    });
  });
});

describe("options", () => {
  it.each([
    { algorithm: "gzip" },
    { level: 0 },
    { level: 10 },
    { level: 1.5 },
    { minBytes: -1 },
    { minBytes: Number.NaN },
    { maxThreadBytes: 1 },
    { unknown: 1 },
    null,
    [],
  ])("throw a TypeError if invalid: %o", (options) => {
    expect(() => withCompression(memoryStore(), options as never)).toThrow(TypeError);
  });

  it("name the remedy where the platform has no Zstandard, which is only an error if it is wanted", () => {
    const codec = CODECS["Node.js without Zstandard"];
    expect(() => resolveOptions({ algorithm: "zstd" }, codec)).toThrow(
      /Use Node\.js 22\.15 or newer, or set `algorithm` to "deflate"/u,
    );
    expect(resolveOptions({}, codec).compressZstd).toBeUndefined();
    expect(resolveOptions({}).compressZstd).toBeDefined();
  });

  it.each([1, 9])("compress at level %i", async (level) => {
    const backend = memoryBackend();
    const long = Array.from({ length: 5000 }, (_, index) => `${index % 97} and ${index % 89}`).join(", ");
    await backend.open({ level }).save("a", { long });
    await backend.open({ level, algorithm: "deflate" }).save("b", { long });
    for (const id of ["a", "b"]) expect((await backend.open().load(id))?.thread).toEqual({ long });
  });
});

describe("layers", () => {
  it.each([null, undefined, 5, {}])("cannot be on anything but a store: %o", (store) => {
    expect(() => withCompression(store as never)).toThrow(TypeError);
  });

  it("cannot be applied twice, also not to a view", () => {
    const store = withCompression(memoryStore());
    for (const each of [store, store.namespace("x")]) {
      expect(() => withCompression(each)).toThrow(
        "The store already has compression. Call `withCompression` once.",
      );
    }
  });
});

it("describes itself in logs", () => {
  const store = withCompression(memoryStore());
  expect(JSON.parse(JSON.stringify(store.namespace("x")))).toEqual({
    store: "compression",
    decorates: { store: "memory", namespace: "x" },
  });
});
