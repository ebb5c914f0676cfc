import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { backendInMemory, base64 } from "./tools.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const image = base64();
const uri = `data:image/png;base64,${image}`;

/** The forms in which the protocols and frameworks have binary content. */
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
  it("comes back as it was, and keeps the content once for each spelling, beside it", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    const saved = await store.save("a", { messages }, { metadata: { title: "T" } });
    const json = JSON.stringify({ messages });
    expect(saved).toMatchObject({ json, size: json.length, metadata: { title: "T" }, thread: { messages } });
    const loaded = await backend.open().load("a");
    expect({ ...loaded }).toEqual({ ...saved });
    expect(backend.idsIn().length).toBe(2);
    const kept = await backend.beneath().load("a");
    expect(kept?.size).toBeLessThan(2000);
  });

  it("is kept as the README says", async () => {
    const backend = backendInMemory();
    await backend.open().save("a", { uri });
    const [record = ""] = backend.idsIn();
    const [thread, token = "", digest] = record.split(".");
    expect(thread).toBe(hash("sha256", "a", "base64url").slice(0, 22));
    expect(token).toMatch(/^[\w-]{22}$/u);
    expect(digest).toBe(hash("sha256", uri));
    expect(await backend.beneath().namespace(".attachments").load(record)).toMatchObject({
      json: JSON.stringify({ attachment: uri }),
      metadata: { thread: "a" },
      expiresAt: undefined,
    });
    const size = JSON.stringify({ uri }).length;
    expect(await backend.beneath().load("a")).toMatchObject({
      json: `{".attachments":{"format":1},"thread":{"uri":".attachments:${token}.${digest}"},"size":${size}}`,
      metadata: { ".attachments": String(size) },
    });
  });

  it.each([
    ["a string at the limit", { limitBytes: uri.length }, 0],
    ["a string over the limit", { limitBytes: uri.length - 1 }, 1],
    ["long prose", {}, 0, "word ".repeat(10_000)],
    ["long prose, if any string will do", { strings: "any" }, 1, "word ".repeat(10_000)],
    ["prose of 3-byte characters", { strings: "any", limitBytes: 2999 }, 1, "€".repeat(1000)],
    ["prose of 3-byte characters at the limit", { strings: "any", limitBytes: 3000 }, 0, "€".repeat(1000)],
  ] as const)("has an attachment, or not: %s", async (_what, options, count, text = uri) => {
    const backend = backendInMemory();
    await backend.open(options).save("a", { text });
    expect(backend.idsIn().length).toBe(count);
  });

  it("may have its slashes escaped, and comes back with them", async () => {
    const backend = backendInMemory();
    const text = `{"image":"${"abc\\/".repeat(8000)}"}`;
    await backend.open().save("a", text);
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.open().load("a"))?.json).toBe(text);
  });

  it("has no attachments in member names", async () => {
    const backend = backendInMemory();
    const text = `{"${image}":"${image}"}`;
    await backend.open().save("a", text);
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.open().load("a"))?.json).toBe(text);
  });
});

describe("what others use, too", () => {
  it("threads that were there before are read, and become smaller when they are saved", async () => {
    const backend = backendInMemory();
    const before = await backend.beneath().save("a", { uri }, { metadata: { title: "T" } });
    const store = backend.open();
    const found = await store.load("a");
    expect({ ...found }).toEqual({ ...before });
    await store.save("a", { uri, more: 1 }, { previous: before });
    expect(await store.load("a")).toMatchObject({ thread: { uri, more: 1 }, metadata: { title: "T" } });
    expect((await backend.beneath().load("a"))?.size).toBeLessThan(1000);
  });

  it("a thread that looks like a kept one, or like a reference, is itself", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    await store.save("a", { uri });
    const kept = (await backend.beneath().load("a"))?.json ?? "";
    const reference = /\.attachments:[^"]+/u.exec(kept)?.[0];
    for (const text of [kept, JSON.stringify({ reference }), JSON.stringify({ reference, uri })]) {
      const saved = await store.save("b", text, { overwrite: true });
      expect([saved.json, saved.size]).toEqual([text, text.length]);
      expect((await backend.open().load("b"))?.json).toBe(text);
      expect((await store.listPage()).threads.map(({ size }) => size)).toEqual([
        JSON.stringify({ uri }).length,
        text.length,
      ]);
    }
  });

  it("a namespace or metadata entry of our name is the caller's", async () => {
    const backend = backendInMemory();
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

  it("a store around a store around a store", async () => {
    const backend = backendInMemory();
    const store = withAttachments(withAttachments(backend.open()));
    const saved = await store.save("a", { uri });
    expect((await store.load("a"))?.json).toBe(saved.json);
    expect((await store.listPage()).threads).toMatchObject([{ size: saved.size }]);
    await store.delete("a");
    expect([...backend.records.values()].flatMap((records) => [...records.keys()])).toEqual([]);
  });

  it("a view, and the view of a store that was given as one, are the same", async () => {
    const backend = backendInMemory();
    await backend.open().namespace("x").save("a", { uri });
    const store = withAttachments(backend.beneath().namespace("x"));
    expect((await store.load("a"))?.thread).toEqual({ uri });
    await store.delete("a");
    expect(backend.idsIn("x/.attachments")).toEqual([]);
  });
});

describe("where there is no room", () => {
  it("below a long namespace a thread stays whole", async () => {
    const backend = backendInMemory();
    for (const length of [115, 116, 128]) {
      const view = backend.open().namespace("n".repeat(length));
      await view.save("a", { uri });
      expect((await view.load("a"))?.thread).toEqual({ uri });
      expect(backend.idsIn(`${"n".repeat(length)}/.attachments`).length).toBe(length === 115 ? 1 : 0);
      expect(await view.deleteExpired()).toEqual({ deleted: 0 });
      expect(await view.delete("a")).toBe(true);
    }
  });

  it("beside long metadata a thread stays whole, until they are shorter", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    const long = { text: "x".repeat(8192 - '{"text":""}'.length) };
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

describe("options", () => {
  it.each([
    { limitBytes: 0 },
    { limitBytes: 1.5 },
    { strings: "all" },
    { maxThreadBytes: 1 },
    { orphanAgeMs: 0 },
    { orphanAgeMs: Number.NaN },
    { now: 5 },
  ])("that are wrong are a TypeError: %o", (options) => {
    expect(() => withAttachments(backendInMemory().beneath(), options as never)).toThrow(TypeError);
  });

  it("limit the whole thread, the store's own each record", async () => {
    const backend = backendInMemory();
    const small = backend.open({ maxThreadBytes: 40_000 });
    await small.save("a", { uri });
    await expect(small.save("b", { uri, more: base64(9000) })).rejects.toMatchObject({
      code: "TOO_LARGE",
      operation: "save",
      id: "b",
    });
    const large = withAttachments(backend.beneath({ maxThreadBytes: 40_000 }));
    const images = { images: [uri, base64(), base64()] };
    await large.save("b", images);
    expect((await large.load("b"))?.thread).toEqual(images);
  });
});

it("says what it is, without its secrets", () => {
  const store = backendInMemory().open();
  expect(JSON.parse(JSON.stringify(store.namespace("x")))).toEqual({
    store: "attachments",
    decorates: { store: "memory", namespace: "x" },
  });
});
