import { randomBytes } from "node:crypto";
import type { ThreadStore } from "@threadstore/core";
import { DECORATED_METADATA, METADATA_MAX_BYTES } from "@threadstore/core/decorator";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "../backend.test-helper.ts";
import { withHiddenIds } from "../hidden-ids/with-hidden-ids.ts";
import type { KeyProvider } from "../keys/key-provider.ts";
import { staticKeys } from "../keys/static-keys.ts";
import { withEncryption } from "../with-encryption.ts";
import type { ResealProgress } from "./reseal-position.ts";
import { reseal } from "./reseal.ts";

const bytes = { old: randomBytes(32), new: randomBytes(32) };
const oldKeys = staticKeys({ current: "old", keys: { old: bytes.old } });
const newKeys = staticKeys({ current: "new", keys: { new: bytes.new } });
const bothKeys = staticKeys({ current: "new", keys: bytes });
const HOUR = 3_600_000;

function open(backend: Backend, keys: KeyProvider, metadata?: "plain" | "sealed"): ThreadStore {
  return withEncryption(backend.open(), { keys, metadata });
}

/** Creates a backend with threads of the old key in several namespaces. */
async function oldThreads(count = 3): Promise<Backend> {
  const backend = memoryBackend();
  const store = open(backend, oldKeys);
  for (const view of [store, store.namespace("a"), store.namespace("a").namespace("b")]) {
    for (let n = 0; n < count; n += 1) {
      await view.save(`thread-${n}`, { messages: [n] }, { metadata: { title: `${n}` } });
    }
  }
  return backend;
}

describe("reseal", () => {
  it("encrypts all threads in all namespaces with the current key, and is repeatable", async () => {
    const backend = await oldThreads();
    const receipt = await reseal(backend.open(), { keys: bothKeys });
    expect(receipt).toMatchObject({ resealed: 9, current: 0, corrupt: 0, cursor: undefined });
    expect(receipt.finishedAt?.getTime()).toBeGreaterThanOrEqual(receipt.startedAt.getTime());
    const store = open(backend, newKeys);
    for (const view of [store, store.namespace("a"), store.namespace("a").namespace("b")]) {
      expect(await view.load("thread-1")).toMatchObject({
        thread: { messages: [1] },
        metadata: { title: "1" },
      });
    }
    backend.requests.length = 0;
    expect(await reseal(backend.open(), { keys: newKeys })).toMatchObject({ resealed: 0, current: 9 });
    expect(backend.requests.filter((request) => request !== "list")).toEqual([]);
    expect(await reseal(backend.open(), { keys: newKeys, all: true })).toMatchObject({
      resealed: 9,
      current: 0,
    });
    expect(await reseal(backend.open(), { keys: newKeys, namespaces: false })).toMatchObject({ current: 3 });
  });

  it("encrypts the threads of a view alone", async () => {
    const backend = await oldThreads();
    const view = backend.open().namespace("a");
    expect(await reseal(view, { keys: bothKeys })).toMatchObject({ resealed: 6, corrupt: 0 });
    expect((await open(backend, newKeys).namespace("a").namespace("b").load("thread-2"))?.thread).toEqual({
      messages: [2],
    });
    expect((await open(backend, oldKeys).load("thread-2"))?.thread).toEqual({ messages: [2] });
  });

  it("keeps metadata, expiry, idempotency keys, and the times of creation and update", async () => {
    const backend = memoryBackend();
    const store = open(backend, oldKeys);
    const expiresAt = new Date(Date.now() + HOUR);
    await store.save("a", { messages: [] }, { metadata: { title: "T" }, expiresAt });
    await store.append("a", ["x"], { key: "once" });
    const before = await store.load("a");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await reseal(backend.open(), { keys: bothKeys })).toMatchObject({ resealed: 1 });
    const after = open(backend, newKeys);
    const { id, json, metadata, createdAt, updatedAt } = before ?? {};
    expect(await after.load("a")).toMatchObject({ id, json, metadata, createdAt, updatedAt, expiresAt });
    expect(await after.append("a", ["x"], { key: "once" })).toMatchObject({ appended: false });
  });

  it("keeps metadata to which a layer above has added", async () => {
    const backend = memoryBackend();
    const metadata = { long: "x".repeat(METADATA_MAX_BYTES) };
    const options = { metadata, [DECORATED_METADATA]: [] };
    await open(backend, oldKeys).save("a", {}, options);
    expect(await reseal(backend.open(), { keys: bothKeys })).toMatchObject({ resealed: 1 });
    expect((await open(backend, newKeys).load("a"))?.metadata).toEqual(metadata);
  });

  it("reports its progress after each page, and continues from there", async () => {
    const backend = await oldThreads(60);
    const stopped = new Error("stopped");
    const progress: ResealProgress[] = [];
    const job = reseal(backend.open(), {
      keys: bothKeys,
      async onProgress(each) {
        progress.push(each);
        await new Promise(setImmediate);
        if (progress.length === 3) throw stopped;
      },
    });
    await expect(job).rejects.toBe(stopped);
    expect(progress.map(({ resealed }) => resealed)).toEqual([50, 60, 110]);
    const { cursor, startedAt } = progress[2] ?? {};
    backend.requests.length = 0;
    expect(await reseal(backend.open(), { keys: bothKeys, cursor })).toMatchObject({
      resealed: 180,
      current: 0,
      startedAt,
      cursor: undefined,
    });
    expect(backend.requests.filter((request) => request === "write").length).toBe(70);
  });

  it("counts threads that are corrupt or not encrypted, and leaves them as they are", async () => {
    const backend = await oldThreads(2);
    const inner = backend.open();
    const stored = await inner.load("thread-0");
    await inner.save("moved", stored?.json ?? "", { metadata: stored?.metadata });
    await inner.namespace("a").save("plain", { messages: [] });
    const corrupt: string[] = [];
    const receipt = await reseal(inner, {
      keys: bothKeys,
      onCorrupt: ({ namespaces, id }) => void corrupt.push([...namespaces, id].join("/")),
    });
    expect(receipt).toMatchObject({ resealed: 6, corrupt: 2 });
    expect(corrupt).toEqual(["moved", "a/plain"]);
    expect((await inner.load("moved"))?.json).toBe(stored?.json);
  });

  it("encrypts threads that are not encrypted during a migration", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { messages: ["x"] }, { metadata: { title: "T" } });
    await backend
      .open()
      .namespace("n")
      .save("b", { messages: ["y"] });
    expect(await reseal(backend.open(), { keys: newKeys, migrating: true })).toMatchObject({ resealed: 2 });
    const store = open(backend, newKeys);
    expect(await store.load("a")).toMatchObject({ thread: { messages: ["x"] }, metadata: { title: "T" } });
    expect((await store.namespace("n").load("b"))?.thread).toEqual({ messages: ["y"] });
  });

  it.each([
    ["plain", "sealed"],
    ["sealed", "plain"],
  ] as const)("changes metadata that are %s to %s", async (before, after) => {
    const backend = memoryBackend();
    await open(backend, newKeys, before).save("a", {}, { metadata: { title: "a title" } });
    const migrating = true;
    expect(await reseal(backend.open(), { keys: newKeys, metadata: after, migrating })).toMatchObject({
      resealed: 1,
    });
    const [record] = backend.records.get("")?.values() ?? [];
    expect(Buffer.from(record?.bytes ?? []).includes("a title")).toBe(after === "plain");
    expect((await open(backend, newKeys, after).load("a"))?.metadata).toEqual({ title: "a title" });
    expect(await reseal(backend.open(), { keys: newKeys, metadata: after })).toMatchObject({ current: 1 });
  });

  it("keeps sealed metadata sealed, and plain metadata plain, without `metadata`", async () => {
    const backend = memoryBackend();
    for (const metadata of ["plain", "sealed"] as const) {
      await open(backend, oldKeys, metadata).save(metadata, {}, { metadata: { title: `${metadata} title` } });
    }
    expect(await reseal(backend.open(), { keys: bothKeys })).toMatchObject({ resealed: 2, corrupt: 0 });
    const records = backend.records.get("");
    expect(Buffer.from(records?.get("plain")?.bytes ?? []).includes("plain title")).toBe(true);
    expect(Buffer.from(records?.get("sealed")?.bytes ?? []).includes("sealed title")).toBe(false);
    for (const metadata of ["plain", "sealed"] as const) {
      const stored = await open(backend, newKeys, metadata).load(metadata);
      expect(stored?.metadata).toEqual({ title: `${metadata} title` });
    }
    expect(await reseal(backend.open(), { keys: newKeys })).toMatchObject({ resealed: 0, current: 2 });
  });

  it("loses no concurrent append or save, and ends", async () => {
    const backend = await oldThreads(20);
    const writers = [open(backend, oldKeys), open(backend, bothKeys)];
    const appended = new Map<string, number>();
    const stopping = new AbortController();
    const writing = writers.map(async (store, writer) => {
      for (let n = 0; !stopping.signal.aborted; n += 1) {
        const id = `thread-${(n * 7 + writer) % 20}`;
        // The process with the old keys cannot read what has the new key already.
        const written = await store.append(id, [`${writer}`]).then(
          () => true,
          (error: { code?: string }) => {
            expect(error.code).toBe("MISCONFIGURED");
            return false;
          },
        );
        if (written) appended.set(id, (appended.get(id) ?? 0) + 1);
        await new Promise(setImmediate);
      }
    });
    await reseal(backend.open(), { keys: bothKeys });
    stopping.abort();
    await Promise.all(writing);
    await reseal(backend.open(), { keys: bothKeys });
    expect(appended.size).toBeGreaterThan(0);
    const store = open(backend, newKeys);
    for (let n = 0; n < 20; n += 1) {
      const id = `thread-${n}`;
      const messages = (await store.load(id))?.thread["messages"] as unknown[];
      expect(messages.length, id).toBe(1 + (appended.get(id) ?? 0));
    }
  });

  it("rejects if a key is missing or the signal aborts, and does not count the rest", async () => {
    const backend = await oldThreads(2);
    await expect(reseal(backend.open(), { keys: newKeys })).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("`old`"),
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    const job = reseal(backend.open(), {
      keys: bothKeys,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(job).rejects.toBe(reason);
    expect((await open(backend, bothKeys).load("thread-0"))?.thread).toEqual({ messages: [0] });
  });

  it("accepts only cursors of the same store", async () => {
    const backend = await oldThreads(60);
    const cursors: (string | undefined)[] = [];
    await reseal(backend.open(), { keys: bothKeys, onProgress: ({ cursor }) => void cursors.push(cursor) });
    const [cursor] = cursors;
    const other = await oldThreads(60);
    for (const invalid of [cursor, "", "bm90IGEgY3Vyc29y", 5]) {
      const job = reseal(other.open(), { keys: bothKeys, cursor: invalid as string });
      await expect(job).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  it.each([
    [undefined, { keys: newKeys }],
    [{}, { keys: newKeys }],
    [memoryBackend().open(), undefined],
    [memoryBackend().open(), {}],
    [memoryBackend().open(), { keys: {} }],
    [memoryBackend().open(), { keys: newKeys, all: 1 }],
    [memoryBackend().open(), { keys: newKeys, namespaces: "a" }],
    [memoryBackend().open(), { keys: newKeys, metadata: "x" }],
    [memoryBackend().open(), { keys: newKeys, onProgress: 1 }],
    [memoryBackend().open(), { keys: newKeys, onCorrupt: 1 }],
    [memoryBackend().open(), { keys: newKeys, timeoutMs: 1 }],
  ])("rejects invalid arguments with INVALID_ARGUMENT: case %#", async (store, options) => {
    await expect(reseal(store as never, options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("names the options that are required", async () => {
    await expect(reseal(memoryBackend().open(), undefined as never)).rejects.toThrow("Pass them with `keys`");
  });

  it("rejects a store with encryption, and says which one to pass", async () => {
    const store = open(memoryBackend(), newKeys);
    for (const decorated of [
      store,
      store.namespace("a"),
      withHiddenIds(open(memoryBackend(), newKeys, "sealed"), { key: bytes.new }),
    ]) {
      await expect(reseal(decorated, { keys: newKeys })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("Pass the store that is inside of `withEncryption`"),
      });
    }
  });
});
