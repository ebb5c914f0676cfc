import { hash } from "node:crypto";
import { type ListOptions, memoryStore, type ThreadMetadata } from "@threadstore/core";
import { createThreadStore, memoryDriver } from "@threadstore/core/driver";
import { copyThreads } from "@threadstore/core/maintenance";
import { describe, expect, it } from "vitest";
import { memoryBackend, base64 } from "./backend.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const image = base64();
const uri = `data:image/png;base64,${image}`;

/** The forms of binary content in agent protocols and frameworks. */
const messages = [
  { role: "user", content: [{ type: "image_url", image_url: { url: uri, detail: "low" } }] },
  { role: "user", content: [{ type: "input_audio", input_audio: { data: image, format: "wav" } }] },
  { role: "user", content: [{ type: "file", file: { filename: "a.pdf", file_data: uri } }] },
  { role: "user", content: [{ type: "input_image", image_url: uri }] },
  { role: "user", contents: [{ $type: "data", uri, mediaType: "image/png" }] },
  { role: "user", parts: [{ type: "file", mediaType: "image/png", url: uri }] },
  { role: "user", content: [{ type: "image", image }] },
];

describe("a thread with binary content", () => {
  it("is restored exactly, and stored without the content, which is stored once per spelling", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const saved = await store.save("a", { messages }, { metadata: { title: "T" } });
    const json = JSON.stringify({ messages });
    expect(saved).toMatchObject({ json, size: json.length, metadata: { title: "T" }, thread: { messages } });
    const loaded = await backend.open().load("a");
    expect({ ...loaded }).toEqual({ ...saved });
    expect(backend.idsIn().length).toBe(2);
    const stored = await backend.openInner().load("a");
    expect(stored?.size).toBeLessThan(2000);
  });

  it("keeps the content of appended elements out of the thread, and each content once", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const create = { messages: [] };
    for (const [index, message] of messages.entries()) {
      await store.append("a", [message], { key: `${index}`, create, metadata: { n: `${index}` } });
    }
    expect((await store.append("a", [{ uri }], { key: "0" })).appended).toBe(false);
    const touched = await store.touch("a", { metadata: { title: "T" }, ttlMs: 60_000 });
    expect(touched).toMatchObject({ metadata: { title: "T" }, size: JSON.stringify({ messages }).length });
    expect(await backend.open().load("a")).toMatchObject({ thread: { messages }, metadata: { title: "T" } });
    expect((await backend.openInner().load("a"))?.size).toBeLessThan(2000);
    expect(backend.idsIn()).toHaveLength(2);
  });

  it("leaves nothing behind if an append is refused", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const saved = await store.save("a", { messages: [], n: 1 });
    await expect(store.append("a", [{ uri }])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.append("b", [{ uri }])).rejects.toMatchObject({ code: "CONFLICT" });
    const current = await store.save("a", { messages: [] }, { previous: saved });
    const stale = store.append("a", [{ uri }], { previous: saved });
    await expect(stale).rejects.toMatchObject({ code: "CONFLICT", currentVersion: current.version });
    expect(backend.idsIn()).toEqual([]);
  });

  it("is stored as the README documents", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { uri });
    const [record = ""] = backend.idsIn();
    const [thread, token = "", digest] = record.split(".");
    expect(thread).toBe(hash("sha256", "a", "base64url").slice(0, 22));
    expect(token).toMatch(/^[\w-]{22}$/u);
    expect(digest).toBe(hash("sha256", uri));
    expect(await backend.openInner().namespace(".attachments").load(record)).toMatchObject({
      json: JSON.stringify({ attachment: uri }),
      metadata: { thread: "a" },
      expiresAt: undefined,
    });
    const size = JSON.stringify({ uri }).length;
    expect(await backend.openInner().load("a")).toMatchObject({
      json: `{".attachments":{"format":1},"thread":{"uri":".attachments:${token}.${digest}"},"size":${size}}`,
      metadata: { ".attachments": String(size) },
    });
  });

  it.each([
    ["a string at the limit", { limitBytes: uri.length }, 0],
    ["a string above the limit", { limitBytes: uri.length - 1 }, 1],
    ["long prose", {}, 0, "word ".repeat(10_000)],
    ["long prose, with strings: any", { strings: "any" }, 1, "word ".repeat(10_000)],
    ["prose of 3-byte characters", { strings: "any", limitBytes: 2999 }, 1, "€".repeat(1000)],
    ["prose of 3-byte characters at the limit", { strings: "any", limitBytes: 3000 }, 0, "€".repeat(1000)],
  ] as const)("may have an attachment: %s", async (_description, options, count, text = uri) => {
    const backend = memoryBackend();
    await backend.open(options).save("a", { text });
    expect(backend.idsIn().length).toBe(count);
  });

  it("is restored with escaped slashes", async () => {
    const backend = memoryBackend();
    const text = `{"image":"${"abc\\/".repeat(8000)}"}`;
    await backend.open().save("a", text);
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.open().load("a"))?.json).toBe(text);
  });

  it("keeps member names", async () => {
    const backend = memoryBackend();
    const text = `{"${image}":"${image}"}`;
    await backend.open().save("a", text);
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.open().load("a"))?.json).toBe(text);
  });
});

describe("compatibility", () => {
  it("reads threads saved without attachments, and separates them on the next save", async () => {
    const backend = memoryBackend();
    const saved = await backend.openInner().save("a", { uri }, { metadata: { title: "T" } });
    const store = backend.open();
    const loaded = await store.load("a");
    expect({ ...loaded }).toEqual({ ...saved });
    await store.save("a", { uri, more: 1 }, { previous: saved });
    expect(await store.load("a")).toMatchObject({ thread: { uri, more: 1 }, metadata: { title: "T" } });
    expect((await backend.openInner().load("a"))?.size).toBeLessThan(1000);
  });

  it("restores threads that look like a wrapped thread or a reference", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    await store.save("a", { uri });
    const wrapped = (await backend.openInner().load("a"))?.json ?? "";
    const reference = /\.attachments:[^"]+/u.exec(wrapped)?.[0];
    for (const text of [wrapped, JSON.stringify({ reference }), JSON.stringify({ reference, uri })]) {
      const saved = await store.save("b", text, { overwrite: true });
      expect([saved.json, saved.size]).toEqual([text, text.length]);
      expect((await backend.open().load("b"))?.json).toBe(text);
      expect((await store.listPage()).threads.map(({ size }) => size)).toEqual([
        JSON.stringify({ uri }).length,
        text.length,
      ]);
    }
  });

  it("leaves namespaces and metadata entries with the reserved name to callers", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const names = [".attachments", ".attachments~", ".attachments~~", "attachments"];
    const metadata = Object.fromEntries(names.map((name) => [name, "mine"]));
    await store.save("a", { uri }, { metadata });
    for (const name of names) {
      const view = store.namespace(name);
      expect(await view.listPage()).toEqual({ threads: [], cursor: undefined });
      await view.save("a", { uri, name }, { metadata });
      await view.namespace(".attachments").save("a", { name });
    }
    for (const name of names) {
      const view = backend.open().namespace(name);
      expect(await view.load("a")).toMatchObject({ thread: { uri, name }, metadata });
      expect((await view.listPage({ metadata: true })).threads).toMatchObject([{ id: "a", metadata }]);
      expect(await view.namespace(".attachments").load("a")).toMatchObject({ thread: { name } });
    }
    expect(await store.load("a")).toMatchObject({ thread: { uri }, metadata });
    await store.save("a", { uri }, { overwrite: true });
    expect((await store.load("a"))?.metadata).toEqual(metadata);
    await store.save("a", {}, { overwrite: true });
    expect((await store.load("a"))?.metadata).toEqual(metadata);
  });

  it("lists by recency, and by the metadata that callers know", async () => {
    let time = 1000;
    const store = withAttachments(memoryStore({ now: () => time }));
    const reserved = { ".attachments": String(JSON.stringify({ uri }).length) };
    await store.save("a", { uri }, { metadata: { owner: "ann" } });
    time += 1;
    await store.save("b", { uri }, { metadata: { owner: "ann", ...reserved } });
    const idsIn = async (options: ListOptions): Promise<string[]> =>
      (await store.listPage(options)).threads.map(({ id }) => id);
    expect(await idsIn({ order: "updated" })).toEqual(["b", "a"]);
    expect(await idsIn({ where: { owner: "ann" }, order: "updated" })).toEqual(["b", "a"]);
    // The entry with the size of a thread, which every thread with attachments has, is not the caller's.
    expect(await idsIn({ where: reserved })).toEqual(["b"]);
    expect((await store.listPage({ where: { owner: "ann" } })).threads[0]?.metadata).toBeUndefined();
    const wrong: unknown[] = [null, 5, new Map(), ["a"], { owner: 5 }];
    for (const where of wrong) {
      const listing = store.listPage({ where: where as ThreadMetadata });
      await expect(listing).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  it("can be applied repeatedly", async () => {
    const backend = memoryBackend();
    const store = withAttachments(withAttachments(backend.open()));
    const saved = await store.save("a", { uri });
    expect((await store.load("a"))?.json).toBe(saved.json);
    expect((await store.listPage()).threads).toMatchObject([{ size: saved.size }]);
    await store.delete("a");
    expect([...backend.records.values()].flatMap((records) => [...records.keys()])).toEqual([]);
  });

  it("is the same before and after taking a view", async () => {
    const backend = memoryBackend();
    await backend.open().namespace("x").save("a", { uri });
    const store = withAttachments(backend.openInner().namespace("x"));
    expect((await store.load("a"))?.thread).toEqual({ uri });
    await store.delete("a");
    expect(backend.idsIn("x/.attachments")).toEqual([]);
  });
});

describe("limits", () => {
  it("keep attachments in the thread in namespaces with long names", async () => {
    const backend = memoryBackend();
    for (const length of [499, 500, 512]) {
      const view = backend.open().namespace("n".repeat(length));
      await view.save("a", { uri });
      expect((await view.load("a"))?.thread).toEqual({ uri });
      expect(backend.idsIn(`${"n".repeat(length)}/.attachments`).length).toBe(length === 499 ? 1 : 0);
      expect(await view.deleteExpired()).toEqual({ deleted: 0 });
      expect(await view.delete("a")).toBe(true);
    }
  });

  it("count the size of a thread as metadata of the layer, which backends do not index", async () => {
    const driver = memoryDriver();
    const indexed: unknown[] = [];
    const inner = createThreadStore({
      ...driver,
      write(key, record, ...others) {
        if (key.namespace === "") indexed.push(record.changedMetadata);
        return driver.write(key, record, ...others);
      },
    });
    const store = withAttachments(inner);
    const metadata = { title: "T", ".attachments": "theirs" };
    const first = await store.save("a", { uri }, { metadata });
    const second = await store.save("a", { uri, n: 2 }, { previous: first });
    await store.save("a", { n: 3 }, { previous: second, metadata });
    const stored = { title: "T", ".attachments~": "theirs" };
    // The last one does not have attachments, so that its size is not in the metadata any more.
    expect(indexed).toEqual([stored, undefined, stored]);
    expect((await withAttachments(inner).load("a"))?.metadata).toEqual(metadata);
  });

  it("keep attachments in the thread with long metadata", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const long = { text: "x".repeat(65_536 - '{"text":""}'.length) };
    const first = await store.save("a", { uri }, { metadata: long });
    expect(first.metadata).toEqual(long);
    expect(backend.idsIn()).toEqual([]);
    const second = await store.save("a", { uri, n: 2 }, { previous: first, metadata: { title: "T" } });
    expect(backend.idsIn().length).toBe(1);
    await store.save("a", { uri, n: 3 }, { previous: second, metadata: long });
    expect(backend.idsIn()).toEqual([]);
    expect(await backend.open().load("a")).toMatchObject({ thread: { uri, n: 3 }, metadata: long });
  });
});

describe("copyThreads", () => {
  it("copies threads with their attachments, metadata and times", async () => {
    const [from, to] = [memoryBackend(), memoryBackend()];
    const source = from.open({ ttlMs: 1_000_000 });
    for (const view of [source, source.namespace("x")]) {
      await view.save("a", { messages }, { metadata: { title: "T" }, ttlMs: 2_000_000 });
      await view.save("b", { text: "short" });
    }
    expect(await copyThreads(source, to.open())).toMatchObject({ copied: 4, skipped: 0, corrupt: 0 });
    for (const name of ["a", "b"]) {
      const { version: _version, ...original } = (await source.namespace("x").load(name)) ?? {};
      expect(await to.open().namespace("x").load(name)).toMatchObject(original);
    }
    expect(to.idsIn("x/.attachments")).toHaveLength(from.idsIn("x/.attachments").length);
    expect(await copyThreads(source, to.open())).toMatchObject({ copied: 0, skipped: 4 });
  });
});

describe("options", () => {
  it.each([
    { limitBytes: 0 },
    { limitBytes: 1.5 },
    { strings: "all" },
    { maxThreadBytes: 1 },
    { orphanAgeMs: 0 },
    { orphanAgeMs: Number.NaN },
    { now: 5 },
  ])("throw a TypeError if invalid: %o", (options) => {
    expect(() => withAttachments(memoryBackend().openInner(), options as never)).toThrow(TypeError);
  });

  it("limit the size of the thread, and of each record in the inner store", async () => {
    const backend = memoryBackend();
    const small = backend.open({ maxThreadBytes: 40_000 });
    await small.save("a", { uri });
    await expect(small.save("b", { uri, more: base64(9000) })).rejects.toMatchObject({
      code: "TOO_LARGE",
      operation: "save",
      id: "b",
    });
    const large = withAttachments(backend.openInner({ maxThreadBytes: 40_000 }));
    const images = { images: [uri, base64(), base64()] };
    await large.save("b", images);
    expect((await large.load("b"))?.thread).toEqual(images);
  });
});

it("describes itself in logs", () => {
  const store = memoryBackend().open();
  expect(JSON.parse(JSON.stringify(store.namespace("x")))).toEqual({
    store: "attachments",
    decorates: { store: "memory", namespace: "x" },
  });
});
