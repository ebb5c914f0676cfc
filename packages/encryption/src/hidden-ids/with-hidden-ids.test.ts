import { randomBytes } from "node:crypto";
import { type Harness, register } from "@threadstore/conformance";
import { memoryStore, type StoreOptions, type ThreadStore } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { memoryDriver, type MemoryRecords } from "@threadstore/core/driver";
import { afterAll, describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "../backend.test-helper.ts";
import { openOver, TEST_KEYS } from "../conformance.test-helper.ts";
import { staticKeys } from "../keys/static-keys.ts";
import { withEncryption } from "../with-encryption.ts";
import { withHiddenIds } from "./with-hidden-ids.ts";

const key = randomBytes(32);

function encrypted(backend: Backend): ThreadStore {
  return withEncryption(backend.open(), { keys: TEST_KEYS, metadata: "sealed" });
}

function open(backend: Backend): ThreadStore {
  return withHiddenIds(encrypted(backend), { key });
}

describe("withHiddenIds", () => {
  it("stores no id, and every method takes and returns ids", async () => {
    const backend = memoryBackend();
    const store = open(backend);
    const saved = await store.save("alice@example.com", { messages: [] }, { metadata: { title: "T" } });
    expect(saved).toMatchObject({ id: "alice@example.com", metadata: { title: "T" } });
    const appended = await store.append("alice@example.com", ["x"]);
    expect(appended).toMatchObject({ id: "alice@example.com", metadata: { title: "T" }, appended: true });
    const touched = await store.touch("alice@example.com", { metadata: { title: "U" }, previous: appended });
    expect(touched).toMatchObject({ id: "alice@example.com", metadata: { title: "U" } });
    const loaded = await open(backend).load("alice@example.com");
    expect(loaded).toMatchObject({
      id: "alice@example.com",
      thread: { messages: ["x"] },
      metadata: { title: "U" },
    });
    const [[hidden, record] = []] = backend.records.get("") ?? [];
    expect(hidden).toMatch(/^[0-9A-Za-z_-]{43}$/u);
    expect(Buffer.from(record?.bytes ?? []).includes("alice")).toBe(false);
    expect(await store.delete("alice@example.com", { previous: touched })).toBe(true);
    expect(await store.load("alice@example.com")).toBeUndefined();
  });

  it("keeps metadata and the id whatever a change says of metadata", async () => {
    const store = open(memoryBackend());
    await store.save("a", { messages: [] });
    await store.save("a", { messages: [1] }, { overwrite: true });
    await store.touch("a", { metadata: { ".hidden-ids": "x", title: "T" } });
    await store.save("a", { messages: [2] }, { overwrite: true });
    await store.update("a", () => ({ messages: [3] }));
    await store.append("b", ["x"], { create: { messages: [] } });
    await store.append("c", ["x"], { create: { messages: [] }, metadata: { title: "C" } });
    await store.save("d", {}, { overwrite: true });
    const page = await store.listPage({ metadata: true });
    const byId = page.threads.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    expect(byId.map(({ id, metadata }) => [id, metadata])).toEqual([
      ["a", { ".hidden-ids": "x", title: "T" }],
      ["b", {}],
      ["c", { title: "C" }],
      ["d", {}],
    ]);
    expect((await store.listPage({ where: { title: "C" } })).threads.map(({ id }) => id)).toEqual(["c"]);
  });

  it("lists each thread once, page by page, but not by prefix", async () => {
    const store = open(memoryBackend());
    const ids = Array.from({ length: 25 }, (_, n) => `thread-${n}`);
    for (const id of ids) await store.save(id, {});
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listPage({ limit: 10, cursor });
      listed.push(...page.threads.map(({ id }) => id));
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(listed).not.toEqual(ids.toSorted());
    expect(listed.toSorted()).toEqual(ids.toSorted());
    await expect(store.listPage({ prefix: "thread" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("`where`"),
    });
  });

  it("finds threads through a view with hidden ids, and a view of the store with hidden ids", async () => {
    const backend = memoryBackend();
    await open(backend).namespace("a").save("x", { n: 1 });
    const view = withHiddenIds(encrypted(backend).namespace("a"), { key });
    expect((await view.load("x"))?.thread).toEqual({ n: 1 });
  });

  it("hides the same id differently in each namespace and with each key", async () => {
    const [backend, other] = [memoryBackend(), memoryBackend()];
    await open(backend).namespace("a").save("x", {});
    await open(backend).namespace("b").save("x", {});
    await withHiddenIds(encrypted(other), { key: randomBytes(32) })
      .namespace("a")
      .save("x", {});
    const hidden = [backend, other].flatMap(({ records }) => {
      return ["a", "b"].flatMap((name) => [...(records.get(name)?.keys() ?? [])]);
    });
    expect(new Set(hidden).size).toBe(3);
    expect((await open(backend).namespace("a").load("x"))?.id).toBe("x");
  });

  it.each<[string, (store: ThreadStore) => Promise<unknown>]>([
    ["load", (store) => store.load("a")],
    ["load of a missing thread", (store) => store.load("b")],
    ["save", (store) => store.save("a", {})],
    ["overwrite", (store) => store.save("a", {}, { overwrite: true })],
    ["update", (store) => store.update("a", () => ({}))],
    ["append", (store) => store.append("a", ["x"])],
    ["append that creates", (store) => store.append("a", ["x"], { create: { messages: [] } })],
    ["touch", (store) => store.touch("a", { ttlMs: 1000 })],
    ["delete", (store) => store.delete("a")],
    ["listing", (store) => store.listPage()],
  ])("is MISCONFIGURED with another key, and over threads with visible ids: %s", async (_, run) => {
    const backend = memoryBackend();
    await open(backend).namespace("n").save("a", { messages: [] });
    const failure = { code: "MISCONFIGURED", message: expect.stringContaining("`key`") };
    const wrong = withHiddenIds(encrypted(backend), { key: randomBytes(32) }).namespace("n");
    await expect(run(wrong)).rejects.toMatchObject(failure);
    await encrypted(backend).namespace("v").save("a", { messages: [] });
    const visible = { code: "MISCONFIGURED", message: expect.stringContaining("`copyThreads`") };
    await expect(run(open(backend).namespace("v"))).rejects.toMatchObject(visible);
    expect(backend.records.get("n")?.size).toBe(1);
    expect(backend.records.get("v")?.size).toBe(1);
    expect((await open(backend).namespace("n").load("a"))?.thread).toEqual({ messages: [] });
  });

  it("checks the key once for each namespace, with one request, unless a thread was found before", async () => {
    const backend = memoryBackend();
    const writer = open(backend);
    backend.requests.length = 0;
    const saved = await writer.save("a", { messages: [] });
    await writer.namespace("n").save("a", { messages: [] });
    await writer.save("b", {});
    expect(backend.requests).toEqual(["list", "write", "list", "write", "write"]);
    const reader = open(backend);
    backend.requests.length = 0;
    const loaded = await reader.load("a");
    expect(await reader.load("missing")).toBeUndefined();
    await reader.save("a", { messages: ["x"] }, { previous: loaded });
    expect(backend.requests).toEqual(["read", "read", "write"]);
    const lister = open(backend);
    await lister.listPage();
    backend.requests.length = 0;
    await lister.delete("a", { previous: saved }).catch(() => undefined);
    expect(backend.requests).not.toContain("list");
  });

  it("does not stop for a few threads that were saved without it, or with a lost key of encryption", async () => {
    const backend = memoryBackend();
    await open(backend).save("a", {});
    await encrypted(backend).save("0", {});
    const store = open(backend);
    expect(await store.load("missing")).toBeUndefined();
    await store.save("b", {});
    const lost = staticKeys({ current: "new", keys: { new: randomBytes(32) } });
    const other = withHiddenIds(withEncryption(backend.open(), { keys: lost, metadata: "sealed" }), { key });
    await other.save("c", { n: 1 });
    expect((await other.load("c"))?.thread).toEqual({ n: 1 });
    await expect(other.load("a")).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  it("names the caller's id in errors, and lists a corrupt thread by its hidden id", async () => {
    const backend = memoryBackend();
    const store = open(backend);
    await store.save("a", {});
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "CONFLICT", id: "a", operation: "save" });
    const [hidden = ""] = backend.records.get("")?.keys() ?? [];
    await backend.open().save(hidden, { forged: true }, { overwrite: true, metadata: {} });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT", id: "a", operation: "load" });
    expect((await store.listPage()).threads).toMatchObject([{ id: hidden, corrupt: true }]);
    await store.save("a", { n: 1 }, { overwrite: true });
    expect((await store.load("a"))?.thread).toEqual({ n: 1 });
    await encrypted(backend).save(hidden, { n: 2 }, { overwrite: true, metadata: {} });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT", id: "a" });
    expect(await store.delete("a")).toBe(true);
  });

  it("accepts views, and layers between it and encryption", async () => {
    const layer = (store: ThreadStore): ThreadStore =>
      wrapThreadStore(store, {
        name: "audit",
        operations: (space) => ({ ...forwardOperations(space), ...forwardChanges(space) }),
      });
    for (const inner of [
      encrypted(memoryBackend()).namespace("a").namespace("b"),
      layer(encrypted(memoryBackend())),
      layer(encrypted(memoryBackend())).namespace("a"),
      withEncryption(memoryStore().namespace("a"), { keys: TEST_KEYS, metadata: "sealed" }),
    ]) {
      const store = withHiddenIds(inner, { key });
      await store.save("a", {});
      expect((await store.load("a"))?.id).toBe("a");
    }
  });

  it.each([
    [() => memoryStore(), { key }, "withEncryption"],
    [() => withEncryption(memoryStore(), { keys: TEST_KEYS }), { key }, 'metadata: "sealed"'],
    [() => withEncryption(memoryStore(), { keys: TEST_KEYS }).namespace("a"), { key }, 'metadata: "sealed"'],
    [() => encrypted(memoryBackend()), { key: "short" }, "`key`"],
    [() => encrypted(memoryBackend()), {}, "`key`"],
    [() => encrypted(memoryBackend()), undefined, "plain object. Pass one with `key`."],
    [() => encrypted(memoryBackend()), { key, keys: [] }, "`keys` is not an option"],
    [() => open(memoryBackend()), { key }, "once"],
  ])("rejects invalid arguments: case %#", (inner, options, message) => {
    const failure = (): unknown => withHiddenIds(inner(), options as never);
    expect(failure).toThrow(TypeError);
    expect(failure).toThrow(message);
  });
});

// The order of the hidden ids must not differ from run to run.
const fixedKey = new Uint8Array(32).fill(3);
const reason = "Listings are in the order of the hidden ids, and this case lists.";
const knownFailures = [{ case: "A1-10", reason, until: "2099-12-31" }];
const locations = new Map<string, MemoryRecords>();
const harness: Harness = {
  name: "memory with hidden ids",
  async open(location, options: StoreOptions = {}) {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return withHiddenIds(openOver(memoryDriver({ records }), options, { metadata: "sealed" }), {
      key: fixedKey,
    });
  },
  knownFailures,
  async destroy(location) {
    locations.delete(location);
  },
};

describe("memoryStore with hidden ids", () => {
  // Listings have another order and no prefix, so the cases that list cannot pass.
  const sections = ["Existence", "Versions and races", "Append and touch", "Copying"];
  register(harness, { describe, it, after: afterAll }, { tiers: ["core", "concurrent"], sections });
});
