import { describe, expect, it, vi } from "vitest";
import { createThreadStore } from "../../create-thread-store.ts";
import { ThreadStoreError } from "../../errors.ts";
import { memoryDriver, memoryStore } from "../../memory-store.ts";
import type { JsonValue, StoredThread, ThreadStore } from "../../thread-store.ts";
import { METADATA_MAX_BYTES } from "../../validation/metadata.ts";
import { numberedStore } from "./numbered-format.test-helper.ts";

interface Thread {
  readonly [member: string]: JsonValue;
}

const messages = (count: number): Thread => ({
  title: "é😀",
  messages: Array.from({ length: count }, (_, index) => ({ text: `message ${index}` })),
});

/** A store, what it stores, and the calls that reach the stored records. */
function observed(settings: Parameters<typeof numberedStore>[1] = {}): {
  readonly store: ThreadStore;
  readonly other: ThreadStore;
  readonly inner: ThreadStore;
  readonly calls: string[];
} {
  const driver = memoryDriver();
  const calls: string[] = [];
  const counted = new Proxy(driver, {
    get(target, name: keyof typeof driver) {
      const member: unknown = target[name];
      if (typeof member !== "function") return member;
      return (...parameters: unknown[]): unknown => {
        calls.push(name);
        return Reflect.apply(member, target, parameters);
      };
    },
  });
  const inner = createThreadStore(counted);
  return { inner, calls, store: numberedStore(inner, settings), other: numberedStore(inner, settings) };
}

async function segmentsOf(inner: ThreadStore, id = "a"): Promise<JsonValue[]> {
  const stored = await inner.load(id);
  return stored?.thread["segments"] as JsonValue[];
}

describe("saves", () => {
  it("add what changed as a segment, with a single write", async () => {
    const { store, inner, calls } = observed();
    let saved = await store.save("a", messages(1));
    calls.length = 0;
    for (let count = 2; count <= 5; count += 1) {
      saved = await store.save("a", messages(count), { previous: saved });
      expect(calls.splice(0)).toEqual(["write"]);
      expect(saved.thread).toEqual(messages(count));
    }
    const segments = await segmentsOf(inner);
    expect(segments).toHaveLength(5);
    expect(segments[4]).toEqual([4, JSON.stringify(messages(4)).length - 2, ',{"text":"message 4"}', 2]);
    expect((await inner.load("a"))?.json).toMatch(/^\{"numbered":":a","segments":\[.*\]\}$/u);
    expect((await numberedStore(inner).load("a"))?.json).toBe(JSON.stringify(messages(5)));
  });

  it("that name a version by its text start a new log, and need no read if they set the metadata", async () => {
    const { store, inner, calls } = observed();
    const { version } = await store.save("a", messages(1), { metadata: { title: "x" } });
    const second = await store.save("a", messages(2), { previous: version });
    expect(second.metadata).toEqual({ title: "x" });
    calls.length = 0;
    await store.save("a", messages(3), { previous: second.version, metadata: { title: "y" } });
    expect(calls.filter((name) => name === "list")).toEqual([]);
    expect(await segmentsOf(inner)).toHaveLength(1);
    await expect(store.save("a", {}, { previous: version })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("start a new log when it is full, when most of it is new, and when it wastes space", async () => {
    const { store, inner } = observed({ maxSegments: 3 });
    let saved = await store.save("a", messages(100));
    for (let count = 101; count <= 103; count += 1) {
      saved = await store.save("a", messages(count), { previous: saved });
    }
    expect(await segmentsOf(inner)).toHaveLength(1);
    const large = observed();
    saved = await large.store.save("a", messages(1));
    saved = await large.store.save("a", messages(100), { previous: saved });
    expect(await segmentsOf(large.inner)).toHaveLength(1);
    const text = (index: number): Thread => ({ start: "x".repeat(30_000), end: `${index}`.repeat(20_000) });
    for (let index = 0; index < 20; index += 1)
      saved = await large.store.save("a", text(index), { previous: saved });
    expect((await segmentsOf(large.inner)).length).toBeLessThan(12);
    expect((await large.other.load("a"))?.thread).toEqual(text(19));
  });

  it("keep the segments of replaced text if the format reads versions from them", async () => {
    const { store, inner } = observed({ keepsVersions: true });
    const { version } = await store.save("a", messages(100));
    await store.save("a", messages(1), { previous: version });
    await store.save("a", messages(50), { overwrite: true });
    expect(await segmentsOf(inner)).toHaveLength(3);
  });

  it("overwrite corrupt records, and missing threads", async () => {
    const { store, inner } = observed({ acceptsPlainThreads: false });
    await inner.save("a", {}, { metadata: { ".numbered": "2 7" } });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
    await store.save("a", messages(2), { overwrite: true });
    expect((await store.load("a"))?.thread).toEqual(messages(2));
    expect((await store.save("b", {}, { overwrite: true })).metadata).toEqual({});
  });

  it.each([false, true])("overwrite threads stored without the decorator: accepted %s", async (accepted) => {
    const { store, inner } = observed({ acceptsPlainThreads: accepted });
    await inner.save("a", messages(1), { metadata: { title: "x" } });
    const saved = await store.save("a", messages(2), { overwrite: true });
    expect(saved.metadata).toEqual(accepted ? { title: "x" } : {});
    expect((await store.load("a"))?.thread).toEqual(messages(2));
  });

  it("overwrite threads whose metadata the listing does not return first", async () => {
    const { store, inner } = observed();
    await store.save("a", messages(1), { metadata: { title: "x" } });
    vi.spyOn(inner, "listPage").mockResolvedValue({ threads: [], cursor: "next" });
    const saved = await store.save("a", messages(2), { overwrite: true, timeoutMs: 1000 });
    expect(saved.metadata).toEqual({ title: "x" });
  });

  it("start a new log when the inner store cannot store a longer one", async () => {
    const inner = memoryStore({ maxThreadBytes: 100_000 });
    const store = numberedStore(inner);
    const text = (index: number): Thread => ({ start: "x".repeat(35_000), end: [`${index}`.repeat(12_000)] });
    let saved = await store.save("a", text(0));
    for (const index of [1, 2, 3, 4, 5, 6, 7, 8]) {
      saved = await store.save("a", text(index), { previous: saved });
    }
    expect((await store.load("a"))?.thread).toEqual(text(8));
    await store.append("a", ["y".repeat(20_000)]);
    expect(await segmentsOf(inner)).toHaveLength(1);
    await expect(store.append("a", ["z".repeat(40_000)])).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect((await store.load("a"))?.size).toBe(saved.size + 20_003);
  });
});

describe("appends", () => {
  it("write a segment without loading the thread, and read nothing after the first", async () => {
    const { store, other, inner, calls } = observed();
    await other.save("a", messages(1), { metadata: { title: "x" } });
    const load = vi.spyOn(inner, "load");
    calls.length = 0;
    const first = await store.append("a", [{ text: "message 1" }]);
    const afterFirst = calls.splice(0);
    const second = await store.append("a", [{ text: "message 2" }, { text: "message 3" }]);
    expect(afterFirst.filter((name) => name === "list")).toHaveLength(1);
    expect(calls.filter((name) => name === "list")).toHaveLength(0);
    expect(load).not.toHaveBeenCalled();
    expect(first).toMatchObject({ appended: true, metadata: { title: "x" } });
    const loaded = await other.load("a");
    expect(loaded?.json).toBe(JSON.stringify(messages(4)));
    expect(loaded?.size).toBe(second.size);
    expect(await segmentsOf(inner)).toHaveLength(3);
  });

  it("read nothing after another view of the namespace has written", async () => {
    const { store, inner, calls } = observed();
    const [a, b] = [store.namespace("a"), store.namespace("a").namespace("b")];
    await a.save("b/c", messages(1), { metadata: { title: "x" } });
    await b.save("c", messages(2), { metadata: { title: "y" } });
    const load = vi.spyOn(inner, "load");
    calls.length = 0;
    await store.namespace("a").append("b/c", [{ text: "message 1" }]);
    await store
      .namespace("a")
      .namespace("b")
      .append("c", [{ text: "message 2" }]);
    expect(calls.filter((name) => name === "list")).toEqual([]);
    expect(load).not.toHaveBeenCalled();
    expect(await a.load("b/c")).toMatchObject({ thread: messages(2), metadata: { title: "x" } });
    expect(await b.load("c")).toMatchObject({ thread: messages(3), metadata: { title: "y" } });
  });

  it("of several clients all take effect", async () => {
    const { store, other } = observed();
    const ids = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(
      ids.map((index) => (index % 2 === 0 ? store : other).append("a", [index], { create: { all: [] } })),
    );
    const all = (await store.load("a"))?.thread["all"] as number[];
    expect(all.toSorted((left, right) => left - right)).toEqual(ids);
  });

  it("are refused as those of other stores are", async () => {
    const { store } = observed({ maxThreadBytes: 100 });
    const { version } = await store.save("a", { all: [] });
    await store.append("a", [1], { key: "k" });
    await expect(store.append("a", ["x".repeat(100)])).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(store.append("a", [2], { previous: version })).rejects.toMatchObject({ code: "CONFLICT" });
    // A repeat succeeds, whatever the thread has become.
    await store.save("a", { text: "no array" }, { overwrite: true });
    expect(await store.append("a", ["x".repeat(100)], { key: "k" })).toMatchObject({
      appended: false,
      size: 19,
    });
    await expect(store.append("a", [3])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.append("b", [3])).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("load the thread if the head is not enough", async () => {
    const { store, inner } = observed({ resumes: false });
    await store.save("a", messages(1));
    await store.append("a", [{ text: "message 1" }]);
    expect((await store.load("a"))?.thread).toEqual(messages(2));
    expect(await segmentsOf(inner)).toHaveLength(2);
  });
});

describe("touches and listings", () => {
  it("have the sizes and metadata of callers, of which they may use all", async () => {
    const { store, inner } = observed();
    const title = "x".repeat(METADATA_MAX_BYTES - JSON.stringify({ title: "" }).length);
    const saved = await store.save("a", messages(3), { metadata: { title } });
    expect(await store.touch("a", { metadata: { ".numbered": "mine" } })).toMatchObject({ size: saved.size });
    expect(await store.touch("a", { ttlMs: 60_000 })).toMatchObject({ metadata: { ".numbered": "mine" } });
    await store.touch("a", { metadata: { title } });
    await expect(store.touch("a", { metadata: { title: `${title}x` } })).rejects.toMatchObject({
      code: "TOO_LARGE",
    });
    await store.save("b", {}, { metadata: { ".numbered": "mine" } });
    const { threads } = await store.listPage({ where: { ".numbered": "mine" }, metadata: true });
    expect(threads).toMatchObject([{ id: "b", size: 2, metadata: { ".numbered": "mine" } }]);
    expect((await store.listPage()).threads).toMatchObject([{ id: "a", size: saved.size }, { id: "b" }]);
    expect((await store.erase()).bytes).toBe(saved.size + 2);
    expect((await inner.listPage()).threads).toEqual([]);
  });
});

describe("threads that were stored without the decorator", () => {
  it("are read, changed and listed, and become logs with the next save", async () => {
    const { store, inner } = observed({ keepsVersions: true });
    await inner.save("a", messages(2), { metadata: { title: "x" } });
    expect(await store.touch("a", { ttlMs: 60_000 })).toMatchObject({ metadata: { title: "x" } });
    await store.append("a", [{ text: "message 2" }]);
    expect((await store.load("a"))?.thread).toEqual(messages(3));
    expect(await segmentsOf(inner)).toHaveLength(2);
  });

  it.each([true, false])(
    "stay without a head when metadata are touched if versions are kept: %s",
    async (keepsVersions) => {
      const { store, inner } = observed({ keepsVersions });
      const { json } = await inner.save("a", messages(2), { metadata: { title: "x" } });
      const touched = await store.touch("a", { metadata: { title: "y" } });
      expect((await inner.load("a"))?.json === json).toBe(keepsVersions);
      expect(await store.load("a")).toMatchObject({ ...touched, json, metadata: { title: "y" } });
    },
  );

  it("are corrupt if the format says so", async () => {
    const { store, inner } = observed({ acceptsPlainThreads: false });
    await inner.save("a", messages(2));
    const corrupt = { code: "CORRUPT" };
    await expect(store.load("a")).rejects.toMatchObject(corrupt);
    await expect(store.append("a", [1])).rejects.toMatchObject(corrupt);
    expect((await store.listPage()).threads).toMatchObject([{ id: "a", corrupt: true }]);
  });
});

describe("damage", () => {
  it.each<[string, (stored: StoredThread) => [thread: Thread, head: string]]>([
    ["a segment is missing", ({ thread }) => [{ ...thread, segments: segmentsIn(thread).slice(1) }, "2"]],
    [
      "segments are in another order",
      ({ thread }) => [{ ...thread, segments: segmentsIn(thread).toReversed() }, "3"],
    ],
    ["there are no segments", ({ thread }) => [{ ...thread, segments: [] }, "0"]],
    ["segments are no array", ({ thread }) => [{ ...thread, segments: "x" }, "3"]],
    ["there is another member", ({ thread }) => [{ ...thread, x: 1, segments: segmentsIn(thread) }, "3"]],
    ["the content is not a log", () => [{ messages: [] }, "3"]],
    ["a segment keeps too much", ({ thread }) => [{ ...thread, segments: [[0, 5, "", 0]] }, "1"]],
  ])("is found: %s", async (_name, damage) => {
    const { store, inner } = observed();
    let saved = await store.save("a", messages(30));
    for (const count of [31, 32]) saved = await store.save("a", messages(count), { previous: saved });
    const stored = await inner.load("a");
    if (stored === undefined) throw new Error("The thread exists.");
    const outline = stored.metadata[".numbered"]?.split(" ")[0] ?? "";
    const [thread, head] = damage(stored);
    await inner.save("a", thread, { previous: stored, metadata: { ".numbered": `${outline} ${head}` } });
    await expect(store.load("a")).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CORRUPT"));
  });

  it.each(["", "1", "1 2 3", "x 3", "1,2 3"])("is found: the head is %o", async (head) => {
    const { store, inner } = observed();
    await store.save("a", messages(3));
    await inner.touch("a", { metadata: { ".numbered": head } });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
    const touch = store.touch("a", { ttlMs: 60_000 });
    await expect(touch).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringMatching(/^The touch was saved/u),
    });
    expect((await inner.load("a"))?.expiresAt).toBeInstanceOf(Date);
  });
});

it.each([1, 3])(
  "never saves a thread over itself if versions are kept: a log of %i segments",
  async (count) => {
    const { store, inner } = observed({ keepsVersions: true, resumes: false, maxSegments: 3 });
    for (let index = 1; index <= count; index += 1) {
      await store.save("a", messages(index), { previous: await store.load("a") });
    }
    await numberedStore(inner, { keepsVersions: true, resumes: false, maxSegments: 3 }).touch("a", {
      metadata: { title: "y" },
    });
    expect(await segmentsOf(inner)).toHaveLength(count);
    expect(await store.load("a")).toMatchObject({ thread: messages(count), metadata: { title: "y" } });
  },
);

it("an append reads nothing after a load, also of a version that the caller has", async () => {
  const { store, other, calls } = observed();
  await store.save("a", messages(1));
  const loaded = await other.load("a");
  const append = async (text: string): Promise<string[]> => {
    calls.length = 0;
    await other.append("a", [{ text }]);
    return calls.filter((call) => call === "list" || call === "read");
  };
  expect(await append("message 1")).toEqual([]);
  await store.append("a", [{ text: "message 2" }]);
  const cached = await other.load("a", { cached: loaded });
  await other.load("a", { cached });
  expect(await append("message 3")).toEqual([]);
  expect((await store.load("a"))?.thread).toEqual(messages(4));
});

it("reads what another client saved meanwhile", async () => {
  const inner = memoryStore();
  const [store, other] = [numberedStore(inner), numberedStore(inner)];
  const first = await store.save("a", messages(1));
  await other.append("a", [{ text: "message 1" }]);
  await store.append("a", [{ text: "message 2" }]);
  expect((await store.load("a", { cached: first }))?.thread).toEqual(messages(3));
  const current = await store.load("a");
  expect(await store.load("a", { cached: current })).toEqual(current);
  await other.delete("a");
  await expect(store.touch("a", { metadata: {} })).resolves.toBeUndefined();
});

function segmentsIn(thread: Thread): JsonValue[] {
  return thread["segments"] as JsonValue[];
}
