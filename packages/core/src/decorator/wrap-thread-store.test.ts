import { tracingChannel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { DriverError } from "../driver-error.ts";
import { TEXT_PARTS } from "../encoding/text-parts.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import type { CallDiagnostics } from "../runtime/diagnostics.ts";
import { rejected, scriptedDriver } from "../runtime/scripted-driver.test-helper.ts";
import type { ListOptions, StoredThread, ThreadStore, ThreadSummary } from "../thread-store.ts";
import { changeBySaving } from "./change-by-saving.ts";
import { cachingStore, encodingDecorator, encodingStore } from "./decorators.test-helper.ts";
import { encryptedStore } from "./encrypted-store.test-helper.ts";
import { forwardChanges, forwardOperations } from "./forward-operations.ts";
import { reservedName } from "./reserved-name.ts";
import { returnedThreads } from "./returned-threads.ts";
import type { DecoratedCall, DecoratedOperations, SaveArguments } from "./thread-store-decorator.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

const code = "INVALID_ARGUMENT";

async function listed(store: ThreadStore): Promise<ThreadSummary[]> {
  const summaries: ThreadSummary[] = [];
  for await (const summary of store.list({ limit: 2, metadata: true })) summaries.push(summary);
  return summaries;
}

describe("a decorator that transforms content", () => {
  it("returns what was saved, while the inner store has the transformed thread", async () => {
    const inner = memoryStore();
    const store = encodingStore(inner);
    const text = ' {"n": 1.0, "text": "é"} ';
    const saved = await store.save("a", text, { metadata: { title: "T", ".size": "large" } });
    const loaded = await store.load("a");
    const size = Buffer.byteLength(text);
    for (const stored of [saved, loaded]) {
      expect(stored).toMatchObject({ json: text, size, metadata: { title: "T", ".size": "large" } });
      expect(stored?.thread).toEqual({ n: 1, text: "é" });
    }
    expect(loaded?.version).toBe(saved.version);
    expect((await inner.load("a"))?.thread).toEqual({ encoded: Buffer.from(text).toString("base64") });
    expect(await listed(store)).toMatchObject([
      { id: "a", size, metadata: { title: "T", ".size": "large" } },
    ]);
  });

  it("accepts objects, text and text parts, and copies them before the call returns", async () => {
    const store = encodingStore(memoryStore());
    const thread = { n: 1 };
    const parts = ['{"n":', "1}"];
    const saves = [store.save("object", thread), store.save("parts", { [TEXT_PARTS]: () => parts })];
    thread.n = 2;
    parts[1] = "2}";
    for (const saved of await Promise.all(saves)) expect(saved.json).toBe('{"n":1}');
    expect((await store.save("text", '{"n":1}')).json).toBe('{"n":1}');
  });

  it.each<[string, unknown, object]>([
    ["a value that JSON changes", { at: new Date(0) }, { code, path: "$.at" }],
    ["text that is not an object", "[]", { code }],
    ["text that is not JSON", "{", { code }],
    ["a lone surrogate", '{"a":"\ud800"}', { code }],
    ["text parts that are not an object", { [TEXT_PARTS]: () => ["[", "]"] }, { code }],
    ["empty text parts", { [TEXT_PARTS]: () => [] }, { code }],
    ["text parts that are not strings", { [TEXT_PARTS]: () => [1] }, { code }],
    ["a thread over the limit", { text: "x".repeat(10_000) }, { code: "TOO_LARGE" }],
  ])("rejects %s without calling the inner store", async (_description, thread, rejection) => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = encodingStore(createThreadStore(driver));
    const context = { operation: "save", store: "encoding", namespace: "", id: "a" };
    await expect(store.save("a", thread as object)).rejects.toMatchObject({ ...rejection, ...context });
    expect(calls).toMatchObject({ read: 0, write: 0 });
  });

  it("names the caller's method in errors of other methods of the inner store, for each call", async () => {
    const { driver } = scriptedDriver(memoryDriver());
    let failing = false;
    const failure = new DriverError("ACCESS_DENIED", "No.", { cause: new Error("The cause.") });
    const read: typeof driver.read = async (...parameters) => {
      if (failing) throw failure;
      return driver.read(...parameters);
    };
    const store = encodingStore(createThreadStore({ ...driver, read }));
    await store.save("a", { messages: [] });
    failing = true;
    const expected = { code: "ACCESS_DENIED", namespace: "", id: "a", cause: { message: "The cause." } };
    await expect(store.append("a", [1])).rejects.toMatchObject({ ...expected, operation: "append" });
    await expect(store.touch("a", { ttlMs: 1 })).rejects.toMatchObject({ ...expected, operation: "touch" });
    await expect(store.load("a")).rejects.toMatchObject({ ...expected, operation: "load" });
  });

  it.each([
    ["an empty id", (store: ThreadStore) => store.save("", {})],
    ["a wrong timeout", (store: ThreadStore) => store.save("a", {}, { timeoutMs: 0 })],
    ["wrong metadata", (store: ThreadStore) => store.save("a", {}, { metadata: { a: 1 } as never })],
    ["a wrong time to live", (store: ThreadStore) => store.save("a", {}, { ttlMs: 0 })],
    ["a wrong expiry", (store: ThreadStore) => store.save("a", {}, { expiresAt: new Date(Number.NaN) })],
    ["a wrong version", (store: ThreadStore) => store.delete("a", { previous: '"quoted"' })],
    ["another thread", async (store: ThreadStore) => store.load("a", { cached: await store.save("b", {}) })],
    [
      "previous and overwrite",
      (store: ThreadStore) => store.save("a", {}, { previous: "v", overwrite: true }),
    ],
    ["a wrong limit", (store: ThreadStore) => store.listPage({ limit: 0 })],
    ["a wrong cursor", (store: ThreadStore) => store.deleteExpired({ cursor: "x" })],
    ["a wrong callback", (store: ThreadStore) => store.update("a", undefined as never)],
  ])("rejects %s", async (_description, call) => {
    await expect(call(encodingStore(memoryStore()))).rejects.toMatchObject({ code });
  });
});

it("the example in the README encrypts threads", async () => {
  const inner = memoryStore();
  const store = encryptedStore(inner, Buffer.alloc(32, 7));
  const saved = await store.save("a", { secret: "canary" });
  const replaced = await store.save("a", { secret: "canary", n: 2 }, { previous: saved });
  expect((await inner.load("a"))?.json).not.toContain("canary");
  expect({ ...(await store.load("a")) }).toEqual({ ...replaced });
  await expect(encryptedStore(inner, Buffer.alloc(32, 8)).load("a")).rejects.toThrow(
    /unable to authenticate/u,
  );
});

describe("optimistic concurrency", () => {
  it("works with returned threads and with versions", async () => {
    const store = encodingStore(memoryStore());
    const first = await store.save("a", { n: 1 }, { metadata: { title: "T" } });
    const second = await store.save("a", { n: 2 }, { previous: first });
    const third = await store.save("a", { n: 3 }, { previous: second.version });
    expect(third.metadata).toEqual({ title: "T" });
    const conflict = { code: "CONFLICT", currentVersion: third.version };
    await expect(store.save("a", { n: 4 }, { previous: first })).rejects.toMatchObject(conflict);
    await expect(store.delete("a", { previous: second })).rejects.toMatchObject(conflict);
    await store.save("a", { n: 5 }, { overwrite: true });
    expect(await store.delete("a")).toBe(true);
    expect(await store.load("a")).toBeUndefined();
  });

  it("makes concurrent updates lose no change", async () => {
    const store = encodingStore(memoryStore());
    const append = (n: number): Promise<StoredThread | undefined> =>
      store.update("a", (current) => ({ list: [...((current?.thread["list"] ?? []) as number[]), n] }));
    await Promise.all([1, 2, 3, 4].map(append));
    const list = (await store.load("a"))?.thread["list"] as number[];
    expect(list.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  it("uses the state of a thread only in its namespace", async () => {
    const seen: (SaveArguments<string>["previous"] | undefined)[] = [];
    const store = wrapThreadStore<string>(memoryStore(), {
      name: "stateful",
      operations: ({ inner, name }) => ({
        ...forwardOperations({ inner, name, sideRecords: undefined }),
        ...forwardChanges({ inner, name, sideRecords: undefined }),
        async save({ id, thread, previous }) {
          seen.push(previous);
          return {
            stored: await inner.save(id, thread.value, { overwrite: true }),
            state: `state of ${name}`,
          };
        },
      }),
    });
    const saved = await store.save("a", {});
    await store.save("a", {}, { previous: saved });
    expect(seen.at(-1)).toMatchObject({ version: saved.version, decorated: { state: "state of " } });
    await store.save("a", {}, { previous: { ...saved } });
    expect(seen.at(-1)).toEqual({ version: saved.version, decorated: undefined });
    await store.namespace("x").save("a", {}, { previous: saved });
    expect(seen.at(-1)).toEqual({ version: saved.version, decorated: undefined });
  });

  it("recognizes threads of other stores with the same registry", async () => {
    const inner = memoryStore();
    let recognized: boolean | undefined;
    const registry = returnedThreads<undefined>();
    const open = (returned = registry): ThreadStore =>
      wrapThreadStore(inner, {
        name: "stateful",
        returnedThreads: returned,
        operations: (namespace) => ({
          ...forwardOperations(namespace),
          ...forwardChanges(namespace),
          async delete({ previous }) {
            recognized = previous?.decorated !== undefined;
            return true;
          },
        }),
      });
    const saved = await open().save("a", {});
    await open().delete("a", { previous: saved });
    expect(recognized).toBe(true);
    await open(returnedThreads()).delete("a", { previous: saved });
    expect(recognized).toBe(false);
  });
});

describe("a decorator that caches loads", () => {
  it("does not transfer a thread again, in any view of its namespace", async () => {
    const records: MemoryRecords = new Map();
    const memory = memoryDriver({ records });
    const transferred: boolean[] = [];
    const store = cachingStore(
      createThreadStore({
        ...memory,
        async read(key, cachedVersion, options) {
          const stored = await memory.read(key, cachedVersion, options);
          const isUnchanged = stored !== undefined && stored.version === cachedVersion;
          transferred.push(!isUnchanged);
          return isUnchanged ? { version: stored.version, bytes: undefined } : stored;
        },
      }),
    );
    await store.namespace("x").save("a", { n: 1 });
    expect((await store.namespace("x").load("a"))?.thread).toEqual({ n: 1 });
    await memoryStore({ records }).namespace("x").save("a", { n: 2 }, { overwrite: true });
    expect((await store.namespace("x").load("a"))?.thread).toEqual({ n: 2 });
    expect((await store.namespace("x").load("a"))?.thread).toEqual({ n: 2 });
    expect(transferred).toEqual([false, true, false]);
  });

  it("saves text parts at the cost of what was added", async () => {
    const store = cachingStore(memoryStore());
    const parts = ['{"messages":["first"', ...Array.from({ length: 200 }, () => `,"${"x".repeat(1500)}"`)];
    const thread = { [TEXT_PARTS]: () => [...parts, "]}"] };
    const previous = await store.save("a", thread);
    const parse = vi.spyOn(JSON, "parse");
    parts.push(`,"${"y".repeat(1500)}"`);
    const saved = await store.save("a", thread, { previous });
    expect(Math.max(...parse.mock.calls.map(([text]) => text.length))).toBeLessThan(5000);
    parse.mockRestore();
    expect(saved.json).toBe(`${parts.join("")}]}`);
  });
});

describe("a listing", () => {
  it("is by recency and by metadata, as callers know it", async () => {
    let time = 1000;
    const store = encodingStore(memoryStore({ now: () => time }));
    await store.save("a", { n: 1 }, { metadata: { owner: "ann" } });
    time += 1;
    await store.save("b", {}, { metadata: { owner: "ann", ".size": "7" } });
    const idsIn = async (options: ListOptions): Promise<string[]> =>
      (await store.listPage(options)).threads.map(({ id }) => id);
    expect(await idsIn({ order: "updated", where: { owner: "ann" } })).toEqual(["b", "a"]);
    // In the store, the size of `a` is a member with this name.
    expect(await idsIn({ where: { ".size": "7" } })).toEqual(["b"]);
    const { cursor } = await store.listPage({ order: "updated", limit: 1 });
    expect(await idsIn({ order: "updated", limit: 1, cursor })).toEqual(["a"]);
    await expect(store.listPage({ cursor })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("namespaces", () => {
  it("keep side records apart from callers' namespaces of the same name", async () => {
    const inner = memoryStore();
    const store = wrapThreadStore(inner, {
      name: "history",
      reservedName: ".history",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        async save({ id, thread, options }, call) {
          const stored = await namespace.inner.save(id, thread.value, { ...options, ...call.options() });
          await namespace.sideRecords?.save(`${id}.${stored.version}`, stored.json, call.options());
          return { stored };
        },
      }),
    });
    const names = [".history", ".history~", "history"];
    await store.save("a", { n: 0 });
    for (const name of names) await store.namespace(name).save("a", { name });
    for (const name of names) {
      expect(await listed(store.namespace(name))).toMatchObject([{ id: "a" }]);
      expect((await store.namespace(name).load("a"))?.thread).toEqual({ name });
    }
    expect((await listed(inner.namespace(".history"))).map(({ id }) => id.slice(0, 2))).toEqual(["a."]);
    const view = store.namespace("n".repeat(128));
    expect((await view.save("a", {})).thread).toEqual({});
    expect(() => store.namespace("")).toThrow("must not be empty");
  });

  it("escape reserved names reversibly", () => {
    const { escape, unescape } = reservedName(".size");
    for (const name of [".size", ".size~", ".size~~", ".sizes", "size", ""]) {
      expect(escape(name)).not.toBe(".size");
      expect(unescape(escape(name))).toBe(name);
    }
  });
});

describe("appends and touches", () => {
  it.each([
    ["that transforms threads", encodingStore],
    ["that caches", cachingStore],
    ["in another one", (store: ThreadStore) => cachingStore(encodingStore(encodingStore(store)))],
  ])("work through a decorator %s", async (_, decorate) => {
    const store = decorate(memoryStore());
    const first = await store.append("a", [1], { key: "k", create: { messages: [0] }, metadata: { t: "T" } });
    const stored = await store.load("a");
    expect(stored).toMatchObject({ thread: { messages: [0, 1] }, version: first.version, size: first.size });
    expect(await store.append("a", [2], { key: "k", previous: "stale" })).toMatchObject({
      version: first.version,
      metadata: { t: "T" },
      appended: false,
    });
    await store.save("a", { messages: [] }, { previous: first });
    expect((await store.append("a", [2], { key: "k" })).appended).toBe(false);
    const touched = await store.touch("a", { metadata: { t: "U" }, ttlMs: 60_000 });
    expect(touched).toMatchObject({ metadata: { t: "U" } });
    const second = await store.append("a", [3], { previous: touched });
    expect(second).toMatchObject({ metadata: { t: "U" }, expiresAt: touched?.expiresAt, appended: true });
    expect((await store.load("a"))?.thread).toEqual({ messages: [3] });
    await expect(store.append("a", [4], { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(store.append("b", [4])).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await store.touch("b")).toBeUndefined();
  });

  it("start over if another client saves first", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const inner = createThreadStore(driver);
    const [store, other] = [encodingStore(inner), encodingStore(inner)];
    await store.save("a", { messages: [] });
    next("write", async (run) => {
      await other.append("a", ["other"]);
      return run();
    });
    await store.append("a", [1]);
    expect((await store.load("a"))?.thread).toEqual({ messages: ["other", 1] });
  });

  it("do not store elements in plain text through a decorator that encrypts", async () => {
    const inner = memoryStore();
    const store = encryptedStore(inner, Buffer.alloc(32, 1));
    await store.append("a", ["the secret"], { create: { messages: [] } });
    await store.append("a", ["the secret"]);
    expect((await inner.load("a"))?.json).not.toContain("secret");
    expect((await store.load("a"))?.thread).toEqual({ messages: ["the secret", "the secret"] });
  });
});

describe("lifecycle", () => {
  it("waits for calls in flight, closes the inner store, and rejects later calls", async () => {
    const { driver, calls, next } = scriptedDriver(memoryDriver());
    const store = encodingStore(createThreadStore(driver));
    const gate = Promise.withResolvers<void>();
    next("write", async (run) => {
      await gate.promise;
      return run();
    });
    const saving = store.namespace("x").save("a", {});
    const closing = store.close();
    const rejection = { code: "CLOSED", store: "encoding", operation: "load", id: "a" };
    await expect(store.load("a")).rejects.toMatchObject(rejection);
    await expect(store.namespace("x").load("a")).rejects.toMatchObject({ ...rejection, namespace: "x" });
    expect(calls.close).toBe(0);
    gate.resolve();
    await Promise.all([saving, closing]);
    expect(calls.close).toBe(1);
  });

  it("lets an update in progress save", async () => {
    const store = encodingStore(memoryStore());
    const gate = Promise.withResolvers<void>();
    const updating = store.update("a", async () => {
      await gate.promise;
      return { n: 1 };
    });
    await new Promise(setImmediate);
    const closing = store.close();
    gate.resolve();
    expect((await updating)?.thread).toEqual({ n: 1 });
    await closing;
  });

  it("closes only the view that is closed", async () => {
    const store = encodingStore(memoryStore());
    const view = store.namespace("x");
    await view.close();
    await expect(view.load("a")).rejects.toMatchObject({ code: "CLOSED" });
    expect(await store.namespace("x").load("a")).toBeUndefined();
  });
});

describe("a call", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("passes its signal and the time that is left to the inner store", async () => {
    const calls: DecoratedCall[] = [];
    const store = wrapThreadStore(memoryStore(), {
      name: "recording",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        load: async (_arguments, call) => void calls.push(call),
      }),
    });
    let shift = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + shift);
    const { signal } = new AbortController();
    await store.load("a", { timeoutMs: 60_000, signal });
    await store.load("a", { signal });
    const [limited, unlimited] = calls;
    const { timeoutMs: first = 0 } = limited?.options() ?? {};
    expect(limited?.options().signal).toBe(signal);
    expect(first).toBeLessThanOrEqual(60_000);
    shift = 5_000;
    expect(limited?.options().timeoutMs).toBeLessThanOrEqual(first - 5_000);
    shift = 60_000;
    expect(limited?.options().timeoutMs).toBe(1);
    expect(unlimited?.options()).toEqual({ signal });
  });

  it("rejects with the reason of an aborted signal without calling the decorator", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = encodingStore(createThreadStore(driver));
    const reason = new Error("cancelled");
    const options = { signal: AbortSignal.abort(reason) };
    await expect(store.save("a", {}, options)).rejects.toBe(reason);
    await expect(store.load("a", options)).rejects.toBe(reason);
    expect(calls).toMatchObject({ read: 0, write: 0 });
  });

  it("is traced, and so are its calls to the inner store", async () => {
    const ended: string[] = [];
    const record = (message: unknown): void => {
      const { store, namespace, id, outcome, bytes } = message as CallDiagnostics;
      ended.push([store, namespace, id, outcome, bytes].join(" "));
    };
    const { asyncEnd } = tracingChannel("threadstore:save");
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = encodingStore(createThreadStore(driver, { maxRetries: 0 }));
    asyncEnd.subscribe(record);
    await store.namespace("x").save("a", {});
    next("write", rejected);
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "UNAVAILABLE", store: "memory" });
    asyncEnd.unsubscribe(record);
    expect(ended).toEqual([
      "memory x a ok 18",
      "encoding x a ok 2",
      "memory  a UNAVAILABLE 18",
      "encoding  a UNAVAILABLE ",
    ]);
  });
});

it("describes itself in logs", () => {
  const store = encodingStore(memoryStore()).namespace("x");
  expect(JSON.parse(JSON.stringify(store))).toEqual({
    store: "encoding",
    decorates: { store: "memory", namespace: "x" },
  });
});

it("can be nested", async () => {
  const inner = memoryStore();
  const store = cachingStore(encodingStore(encodingStore(inner)));
  const saved = await store.save("a", { n: 1 });
  const replaced = await store.save("a", { n: 2 }, { previous: saved });
  expect((await store.load("a", { cached: replaced }))?.thread).toEqual({ n: 2 });
  expect(await store.delete("a", { previous: replaced })).toBe(true);
});

it("throws a TypeError for an invalid decorator", () => {
  expect(() => wrapThreadStore(memoryStore(), encodingDecorator({ maxThreadBytes: 0 }))).toThrow(TypeError);
});

it("a decorator can store threads under other ids, which callers never see", async () => {
  const inner = memoryStore();
  const store = wrapThreadStore(inner, {
    name: "renaming",
    operations(namespace) {
      const operations: Pick<DecoratedOperations<undefined>, "load" | "save"> = {
        async save({ id, thread, options, previous }, call) {
          const version = previous?.decorated?.stored ?? previous?.version;
          const request = { ...options, ...call.options(), previous: version };
          return { stored: await namespace.inner.save(`inner-${id}`, thread.value, request), id };
        },
        async load({ id }, call) {
          const stored = await namespace.inner.load(`inner-${id}`, call.options());
          return stored && { stored, id };
        },
      };
      return { ...forwardOperations(namespace), ...operations, ...changeBySaving(operations) };
    },
  });
  const saved = await store.save("a", { messages: [] });
  const appended = await store.append("a", ["x"], { previous: saved });
  const again = await store.save("a", { messages: ["y"] }, { previous: appended });
  const loaded = await store.load("a", { cached: again });
  const touched = await store.touch("a", { previous: loaded, metadata: { title: "T" } });
  expect([saved, appended, again, loaded, touched].map((each) => each?.id)).toEqual([
    "a",
    "a",
    "a",
    "a",
    "a",
  ]);
  expect((await inner.load("inner-a"))?.thread).toEqual({ messages: ["y"] });
});
