import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { encodingStore } from "../decorator/decorators.test-helper.ts";
import { encryptedStore } from "../decorator/encrypted-store.test-helper.ts";
import { forwardChanges, forwardOperations } from "../decorator/forward-operations.ts";
import { wrapThreadStore } from "../decorator/wrap-thread-store.ts";
import { memoryDriver, memoryStore, type MemoryRecords } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";
import { type CopyProgress, copyThreads } from "./copy-threads.ts";

const HOUR = 3_600_000;

async function sourceWith(count: number): Promise<ThreadStore> {
  const source = memoryStore();
  for (let n = 0; n < count; n += 1) await source.save(`thread-${String(n).padStart(4, "0")}`, { n });
  return source;
}

describe("arguments", () => {
  it.each([
    [undefined, memoryStore(), {}],
    [memoryStore(), {}, {}],
    [memoryStore(), memoryStore(), null],
    [memoryStore(), memoryStore(), { overwrite: 1 }],
    [memoryStore(), memoryStore(), { namespaces: "all" }],
    [memoryStore(), memoryStore(), { onProgress: {} }],
    [memoryStore(), memoryStore(), { onCorrupt: "log" }],
    [memoryStore(), memoryStore(), { timeoutMs: 5 }],
    [memoryStore(), memoryStore(), { cursor: "" }],
    [memoryStore(), memoryStore(), { cursor: 5 }],
    [memoryStore(), memoryStore(), { cursor: "bm90IGEgY3Vyc29y" }],
  ] as const)("that are invalid reject with INVALID_ARGUMENT", async (from, to, options) => {
    await expect(copyThreads(from as never, to as never, options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("must be two stores, and a cursor must be one of a copy", async () => {
    const store = await sourceWith(3);
    await expect(copyThreads(store, store)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const { cursor } = await store.listPage({ limit: 1 });
    await expect(copyThreads(store, memoryStore(), { cursor })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

describe("a copy within one store", () => {
  it("must not be to the copied namespace or one in it, which would copy the copies", async () => {
    const store = await sourceWith(1);
    const view = store.namespace("a");
    for (const [from, to] of [
      [store, store.namespace("backup")],
      [view, store.namespace("a")],
      [view, view.namespace("b/c")],
      [encodingStore(store), store.namespace("x").namespace("y")],
    ] as const) {
      await expect(copyThreads(from, to)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(copyThreads(view, store.namespace("a"), { namespaces: false })).rejects.toThrow("`to`");
  });

  it("recognizes two stores with the same location", async () => {
    const records: MemoryRecords = new Map();
    const [from, to] = [memoryStore({ records }), memoryStore({ records })];
    await from.save("a", {});
    await expect(copyThreads(from, to)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(copyThreads(from, encodingStore(to).namespace("b"))).rejects.toThrow("`to`");
    expect(await copyThreads(from, to.namespace("b"), { namespaces: false })).toMatchObject({ copied: 1 });
    const other = createThreadStore({ ...memoryDriver({ records }), location: undefined });
    expect(await copyThreads(other.namespace("c"), to)).toMatchObject({ copied: 0 });
  });

  it("can be to another namespace, or without namespaces to one in it", async () => {
    const store = await sourceWith(1);
    expect(await copyThreads(store, store.namespace("a"), { namespaces: false })).toMatchObject({
      copied: 1,
    });
    expect(await copyThreads(store.namespace("a"), store.namespace("ab"))).toMatchObject({ copied: 1 });
    expect(await copyThreads(store.namespace("a").namespace("b"), store)).toMatchObject({ copied: 0 });
    expect((await store.namespace("ab").listPage()).threads).toHaveLength(1);
  });
});

describe("a copy", () => {
  it("reports its progress after each page, and continues from there", async () => {
    const source = await sourceWith(120);
    const target = memoryStore();
    const stopped = new Error("stopped");
    const progress: CopyProgress[] = [];
    const copying = copyThreads(source, target, {
      async onProgress(each) {
        progress.push(each);
        await new Promise(setImmediate);
        if (progress.length === 2) throw stopped;
      },
    });
    await expect(copying).rejects.toBe(stopped);
    expect(progress.map(({ copied }) => copied)).toEqual([50, 100]);
    const [, { cursor } = { cursor: undefined }] = progress;
    let loads = 0;
    const counting = wrapThreadStore(source, {
      name: "counting",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        load(load, call) {
          loads += 1;
          return forwardOperations(namespace).load(load, call);
        },
      }),
    });
    const bytes = Array.from({ length: 120 }, (_, n) => JSON.stringify({ n }).length);
    expect(await copyThreads(counting, target, { cursor })).toEqual({
      copied: 120,
      skipped: 0,
      corrupt: 0,
      bytes: bytes.reduce((sum, each) => sum + each, 0),
      cursor: undefined,
    });
    expect(loads).toBe(20);
  });

  it("continues only in the source that its cursor came from", async () => {
    const records: MemoryRecords = new Map();
    const source = memoryStore({ records });
    for (let n = 0; n < 60; n += 1) await source.namespace("x").save(`thread-${n}`, { n });
    const cursors: (string | undefined)[] = [];
    await copyThreads(source, memoryStore(), { onProgress: ({ cursor }) => void cursors.push(cursor) });
    // The second cursor is that of the second page, and the first one that of the first page of a namespace.
    for (const cursor of cursors.slice(0, 2)) {
      expect(cursor).toBeDefined();
      const others = [memoryStore(), source.namespace("x"), encodingStore(memoryStore())];
      for (const other of others) {
        await expect(copyThreads(other, memoryStore(), { cursor })).rejects.toMatchObject({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining(
            "`cursor` must be the cursor of an earlier copy from the same source.",
          ),
        });
      }
      expect(await copyThreads(memoryStore({ records }), memoryStore(), { cursor })).toMatchObject({
        cursor: undefined,
      });
    }
  });

  it("ends with a progress without a cursor", async () => {
    const progress: CopyProgress[] = [];
    const totals = await copyThreads(await sourceWith(2), memoryStore(), {
      onProgress: (each) => void progress.push(each),
    });
    expect(progress).toEqual([totals]);
    expect(totals.cursor).toBeUndefined();
  });

  it("stops when its signal aborts", async () => {
    const controller = new AbortController();
    const target = memoryStore();
    const copying = copyThreads(await sourceWith(120), target, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(copying).rejects.toThrow("enough");
    expect((await target.listPage({ limit: 1000 })).threads).toHaveLength(50);
  });

  it("replaces a corrupt record of the target only with overwrite", async () => {
    const records: MemoryRecords = new Map();
    const target = memoryStore({ records });
    const source = await sourceWith(1);
    await copyThreads(source, target);
    const [[id, record] = []] = records.get("") ?? [];
    if (id === undefined || record === undefined) throw new Error("Nothing was copied.");
    records.get("")?.set(id, { ...record, bytes: record.bytes.slice(1) });
    await expect(copyThreads(source, target)).rejects.toMatchObject({ code: "CORRUPT", id });
    expect(await copyThreads(source, target, { overwrite: true })).toMatchObject({ copied: 1 });
    expect((await target.load(id))?.thread).toEqual({ n: 0 });
  });

  it("rejects if the target does not store what it was given", async () => {
    const lossy = wrapThreadStore(memoryStore(), {
      name: "lossy",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        async save({ id, options }, call) {
          return { stored: await namespace.inner.save(id, {}, { ...options, ...call.options() }) };
        },
      }),
    });
    await expect(copyThreads(await sourceWith(1), lossy)).rejects.toMatchObject({
      code: "BACKEND_ERROR",
      id: "thread-0000",
    });
  });
});

describe("between decorated stores", () => {
  it.each([
    ["encoded", () => encodingStore(memoryStore({ ttlMs: HOUR }))],
    ["encrypted", () => encryptedStore(memoryStore({ ttlMs: HOUR }), Buffer.alloc(32))],
  ])("a copy keeps everything: %s", async (_, open) => {
    const [source, target] = [open(), open()];
    const metadata = { title: "T" };
    await source.save("fixed", { n: 1 }, { metadata, expiresAt: new Date(Date.now() + 10 * HOUR) });
    await source.namespace("x").save("sliding", '{ "n": 2 }');
    for (const [from, to] of [
      [source, target],
      [target, memoryStore()],
    ] as const) {
      expect(await copyThreads(from, to)).toMatchObject({ copied: 2, skipped: 0 });
      expect(await copyThreads(from, to)).toMatchObject({ copied: 0, skipped: 2 });
      const [fixed, sliding] = [await to.load("fixed"), await to.namespace("x").load("sliding")];
      const original = await source.load("fixed");
      expect(fixed).toMatchObject({ json: '{"n":1}', metadata, expiresAt: original?.expiresAt });
      expect(sliding?.json).toBe('{ "n": 2 }');
      expect(fixed?.createdAt).toEqual(original?.createdAt);
    }
    const copied = await target.load("fixed");
    const saved = await target.save("fixed", { n: 3 }, { previous: copied });
    expect(saved.expiresAt).toEqual(copied?.expiresAt);
  });
});

describe("a copy between stores of a decorator that copies the inner threads", () => {
  /** Hides all but the member `n` of a thread. */
  const hiding = (store: ThreadStore, name = "hiding"): ThreadStore =>
    wrapThreadStore(store, {
      name,
      copiesInnerThreads: true,
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        async load({ id, options }, call) {
          const stored = await namespace.inner.load(id, { ...options, ...call.options() });
          const json = JSON.stringify({ n: stored?.thread["n"] });
          return stored && { stored, content: { size: json.length, json: () => json } };
        },
      }),
    });

  it("copies what the decorator hides, also in namespaces and within two decorators", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await from.save("a", { n: 1, hidden: 2 });
    await from.namespace("x").save("b", { n: 3, hidden: 4 });
    const [source, target] = [hiding(hiding(from), "outer"), hiding(hiding(to), "outer")];
    expect((await source.load("a"))?.thread).toEqual({ n: 1 });
    expect(await copyThreads(source, target)).toMatchObject({ copied: 2 });
    expect((await to.load("a"))?.thread).toEqual({ n: 1, hidden: 2 });
    expect((await to.namespace("x").load("b"))?.thread).toEqual({ n: 3, hidden: 4 });
    expect(await copyThreads(source.namespace("x"), target.namespace("y"))).toMatchObject({ copied: 1 });
    expect((await to.namespace("y").load("b"))?.thread).toEqual({ n: 3, hidden: 4 });
  });

  it("copies what it returns if the other store has another decorator, or none", async () => {
    const from = memoryStore();
    await from.save("a", { n: 1, hidden: 2 });
    for (const wrap of [(store: ThreadStore) => store, (store: ThreadStore) => hiding(store, "other")]) {
      const to = memoryStore();
      await copyThreads(hiding(from), wrap(to));
      expect((await to.load("a"))?.thread).toEqual({ n: 1 });
    }
  });
});
