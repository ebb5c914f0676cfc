import {
  type Checkpoint,
  type CheckpointMetadata,
  emptyCheckpoint,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import type { RunnableConfig } from "./config.ts";
import { ThreadStoreSaver, type ThreadStoreSaverOptions } from "./index.ts";
import { DELETION_MARK } from "./keys.ts";
import { observedStore } from "./observed-store.test-helper.ts";

// Each test runs a second process between two calls of the first one, in one process.

const METADATA: CheckpointMetadata = { source: "loop", step: 0, parents: {} };
const BIG = "x".repeat(3000);
const thread = configOf();

function configOf(id?: string, namespace = ""): RunnableConfig {
  return { configurable: { thread_id: "one", checkpoint_ns: namespace, checkpoint_id: id } };
}

/** The deletions of these tests do not wait: deletions.test.ts tests what the waits are for. */
const wait = async (): Promise<void> => undefined;

let version = 0;

/** Puts a checkpoint in which the channels of `changed` are new. */
function put(
  saver: ThreadStoreSaver,
  config: RunnableConfig,
  changed: { readonly [channel: string]: unknown },
  {
    unchanged = {},
    metadata = METADATA,
  }: { unchanged?: { readonly [channel: string]: unknown }; metadata?: CheckpointMetadata } = {},
): Promise<RunnableConfig> {
  version += 1;
  const newVersions = Object.fromEntries(Object.keys(changed).map((name) => [name, version]));
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id: uuid6(0),
    channel_values: { ...unchanged, ...changed },
    // Unchanged channels have the version of the put before.
    channel_versions: {
      ...Object.fromEntries(Object.keys(unchanged).map((name) => [name, version - 1])),
      ...newVersions,
    },
  };
  return saver.put(config, checkpoint, metadata, newVersions);
}

async function valuesOf(store: ThreadStore, config: RunnableConfig = thread): Promise<unknown> {
  return (await new ThreadStoreSaver({ store, wait }).getTuple(config))?.checkpoint.channel_values;
}

async function historyOf(store: ThreadStore, threadId: string): Promise<unknown[]> {
  const history: unknown[] = [];
  for await (const { checkpoint } of new ThreadStoreSaver({ store }).list({
    configurable: { thread_id: threadId },
  })) {
    history.push(checkpoint.channel_values);
  }
  return history;
}

/** Returns a store that runs `action` once, before the call with this index, and whether it has done so. */
function interruptedStore(
  store: ThreadStore,
  index: number,
  action: () => Promise<unknown>,
): { store: ThreadStore; wasInterrupted: () => boolean } {
  let calls = 0;
  const interrupted = observedStore(store, async () => {
    calls += 1;
    if (calls === index + 1) await action();
  });
  return { store: interrupted, wasInterrupted: () => calls > index };
}

function recordsOf(store: ThreadStore): ThreadStore {
  return store.namespace("checkpoints").namespace("one");
}

describe("deleteThread", () => {
  it("of two processes that complete a deletion, neither deletes the thread that starts afterwards", async () => {
    for (let index = 0; ; index++) {
      const store = memoryStore();
      const first = await put(new ThreadStoreSaver({ store, wait }), thread, { big: BIG, list: [BIG, BIG] });
      await put(new ThreadStoreSaver({ store, wait }), first, { big: `${BIG}2` });
      const mark = '{"format":"threadstore.thread","version":1,"kind":"langgraph-deletion"}';
      await recordsOf(store).save(DELETION_MARK, mark);
      const interrupted = interruptedStore(store, index, async () => {
        const other = new ThreadStoreSaver({ store, wait });
        expect(await other.getTuple(thread)).toBeUndefined();
        await put(other, thread, { big: `new ${BIG}` });
      });
      await new ThreadStoreSaver({ store: interrupted.store, wait }).getTuple(thread);
      if (!interrupted.wasInterrupted()) break;
      expect(await valuesOf(store), `before call ${index}`).toEqual({ big: `new ${BIG}` });
    }
  });

  it("of two deletions at once, both delete the whole thread", async () => {
    for (let index = 0; ; index++) {
      const records: MemoryRecords = new Map();
      const store = memoryStore({ records });
      await put(new ThreadStoreSaver({ store, wait }), thread, { big: BIG });
      const interrupted = interruptedStore(store, index, async () => {
        await new ThreadStoreSaver({ store, wait }).deleteThread("one");
        await put(new ThreadStoreSaver({ store, wait }), thread, { big: BIG });
        await recordsOf(store).save(DELETION_MARK, { messages: [] });
      });
      await new ThreadStoreSaver({ store: interrupted.store, wait }).deleteThread("one");
      if (!interrupted.wasInterrupted()) break;
      expect([...records.values()].reduce((count, { size }) => count + size, 0)).toBe(0);
    }
  });

  it("deletes a thread whose first records have expired, and its mark never expires", async () => {
    let time = Date.now();
    const now = () => time;
    const records: MemoryRecords = new Map();
    const store = memoryStore({ records, now, ttlMs: 1000 });
    const expiring = new ThreadStoreSaver({ store, wait, now, ttlMs: 1000 });
    for (let count = 0; count < 40; count++) await put(expiring, thread, { big: `${BIG}${count}` });
    time += 5000;
    await put(new ThreadStoreSaver({ store, wait, now }), thread, { secret: 1 });
    const killed = observedStore(store, (operation) => {
      if (operation === "delete") throw new Error("The process was killed.");
    });
    await expect(new ThreadStoreSaver({ store: killed, wait }).deleteThread("one")).rejects.toThrow(
      "was killed",
    );
    time += 5000;
    expect(await valuesOf(store)).toBeUndefined();
  });
});

describe("a run whose thread is deleted or expires saves a checkpoint with all of its values", () => {
  it.each<[string, (store: ThreadStore, saver: ThreadStoreSaver) => Promise<void>, number]>([
    ["deleted by the same process", (_, saver) => saver.deleteThread("one"), 0],
    ["deleted by another process", (store) => new ThreadStoreSaver({ store, wait }).deleteThread("one"), 600],
    ["expired", async () => undefined, 25_000],
  ])("%s", async (_, end, duration) => {
    let time = Date.now();
    const now = () => time;
    const store = memoryStore({ now });
    const saver = new ThreadStoreSaver({ store, wait, now, ttlMs: 10_000 });
    const values = { big: BIG, list: Array.from({ length: 5 }, () => BIG) };
    const config = await put(saver, thread, values);
    await end(store, saver);
    time += duration;
    await put(saver, config, { step: 2 }, { unchanged: values });
    expect(await valuesOf(store)).toEqual({ ...values, step: 2 });
  });
});

describe("singleWriter", () => {
  const open = (store: ThreadStore, options: Partial<ThreadStoreSaverOptions> = {}) =>
    new ThreadStoreSaver({ store, singleWriter: true, ...options });

  it.each(["one process", "a new process for each step"])(
    "never rejects a lone run whose expiry moves, also in a subgraph (%s)",
    async (which) => {
      let time = Date.now();
      const now = () => time;
      const store = memoryStore({ now });
      const first = open(store, { now, ttlMs: 1000 });
      const saver = () => (which === "one process" ? first : open(store, { now, ttlMs: 1000 }));
      let root = thread;
      let sub = configOf(undefined, "sub");
      for (let step = 0; step < 10; step++) {
        await saver().getTuple(thread);
        await saver().getTuple(configOf(undefined, "sub"));
        const current = saver();
        const [loadedRoot, loadedSub] = [await current.getTuple(thread), await current.getTuple(sub)];
        root = await put(current, loadedRoot?.config ?? root, { step });
        sub = await put(current, loadedSub?.config ?? sub, { step });
        time += 700;
      }
      expect(await valuesOf(store)).toEqual({ step: 9 });
    },
  );

  it.each<[string, (saver: ThreadStoreSaver, config: RunnableConfig) => Promise<unknown>]>([
    ["loads the same checkpoint by its id", (saver, config) => saver.getTuple(config)],
    ["loads the latest checkpoint", (saver) => saver.getTuple(thread)],
    ["lists the checkpoints", (saver) => saver.list(thread).next()],
    ["loads it twice", async (saver, config) => [await saver.getTuple(config), await saver.getTuple(config)]],
  ])("rejects a run that was overtaken, even if its process then %s", async (_, view) => {
    const store = memoryStore();
    const [first, second] = [open(store), open(store)];
    await first.getTuple(thread);
    const start = await put(first, thread, { value: 0 });
    await first.getTuple(thread);
    await second.getTuple(thread);
    await put(first, start, { value: 1 });
    await view(second, start);
    await expect(put(second, start, { value: 2 })).rejects.toMatchObject({ code: "CONCURRENT_RUN" });
    // A new run can continue from the earlier checkpoint.
    await second.getTuple(start);
    await put(second, start, { value: 3 });
    expect(await valuesOf(store)).toEqual({ value: 3 });
  });
});

it("with ttlMs, each record is touched at most once in ttlMs, whichever process or namespace moves the expiry", async () => {
  let time = Date.now();
  const now = () => time;
  const inner = memoryStore({ now });
  const touched: unknown[] = [];
  const store = observedStore(inner, (operation, id) => {
    if (operation === "touch") touched.push(id);
  });
  const savers = [1, 2].map(() => new ThreadStoreSaver({ store, now, ttlMs: 1000 }));
  let root = thread;
  let sub = configOf(undefined, "sub");
  for (const saver of savers) {
    root = await put(saver, root, { big: BIG });
    sub = await put(saver, sub, { big: BIG });
  }
  time += 1500;
  for (const saver of savers) {
    await put(saver, root, { value: 1 });
    time += 7;
    await put(saver, sub, { value: 1 });
    time += 400;
  }
  expect(touched).toHaveLength(new Set(touched).size);
  expect(touched).toHaveLength(8);
  // Values never expire before the checkpoints that need them.
  const expiries: number[] = [];
  for await (const { expiresAt } of recordsOf(inner).list()) expiries.push(Number(expiresAt));
  expect(new Set(expiries).size).toBe(1);
});

it("a copy during a run has complete checkpoints, and can be repeated", async () => {
  for (let index = 0; ; index++) {
    const store = memoryStore();
    const run = new ThreadStoreSaver({ store });
    const list = Array.from({ length: 10 }, (_, item) => `${item} ${BIG}`);
    let config = await put(run, thread, { list, big: BIG });
    await run.putWrites(config, [["list", 1]], "task 1");
    const grow = async (): Promise<void> => {
      await run.putWrites(config, [["list", 2]], "task 2");
      config = await put(run, config, { list: [...list, BIG, BIG], big: `${BIG} 2` });
    };
    const interrupted = interruptedStore(store, index, grow);
    const saver = new ThreadStoreSaver({ store: interrupted.store });
    await saver.copyThread("one", "two");
    const copied = await historyOf(store, "two");
    const original = await historyOf(store, "one");
    expect(copied, `before call ${index}`).toEqual(original.slice(-copied.length));
    expect(copied.length).toBeGreaterThan(0);
    const isLast = !interrupted.wasInterrupted();
    if (isLast) await grow();
    await new ThreadStoreSaver({ store }).copyThread("one", "two");
    expect(await historyOf(store, "two")).toEqual(await historyOf(store, "one"));
    if (isLast) break;
  }
});

it("a copy rejects if a value is missing, or if the source is marked as deleted", async () => {
  const store = memoryStore();
  const saver = new ThreadStoreSaver({ store, wait });
  await put(saver, thread, { big: BIG });
  const { threads } = await recordsOf(store).listPage({ prefix: "a." });
  await recordsOf(store).delete(threads[0]?.id ?? "");
  await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ code: "THREAD_INVALID" });
  expect(await historyOf(store, "two")).toEqual([]);
  await recordsOf(store).save(DELETION_MARK, { messages: [] });
  await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ path: "sourceThreadId" });
});

describe("prune", () => {
  it.each([1, 2, 3])("keeps a subgraph that starts before call %i of the prune", async (index) => {
    const parents = (config: RunnableConfig): CheckpointMetadata => ({
      ...METADATA,
      parents: { "": String(config.configurable?.["checkpoint_id"]) },
    });
    const store = memoryStore();
    const run = new ThreadStoreSaver({ store });
    let config = thread;
    // More records than a page of a listing.
    for (let step = 0; step < 51; step++) {
      config = await put(run, config, { step });
      await run.putWrites(config, [["step", 1]], "task");
    }
    const interrupted = interruptedStore(store, index, async () => {
      config = await put(run, config, { step: "later" });
      await put(run, configOf(undefined, "sub:11"), { sub: 1 }, { metadata: parents(config) });
    });
    await new ThreadStoreSaver({ store: interrupted.store }).prune(["one"]);
    expect(interrupted.wasInterrupted()).toBe(true);
    expect(await valuesOf(store)).toEqual({ step: "later" });
    expect(await valuesOf(store, configOf(undefined, "sub:11"))).toEqual({ sub: 1 });
  });

  it("deletes the heads of subgraphs that have finished, an hour later", async () => {
    let time = Date.now();
    const store = memoryStore({ now: () => time });
    const saver = new ThreadStoreSaver({ store, singleWriter: true, now: () => time });
    const config = await put(saver, thread, { step: 1 });
    const parents = { "": String(config.configurable?.["checkpoint_id"]) };
    await put(saver, configOf(undefined, "sub:1"), { sub: 1 }, { metadata: { ...METADATA, parents } });
    await put(saver, config, { step: 2 });
    await saver.prune(["one"]);
    time += 3_600_001;
    expect(await saver.cleanUp("one")).toBe(1);
    const { threads } = await recordsOf(store).listPage({ prefix: "h." });
    expect(threads.map(({ id }) => id)).toEqual(["h.0"]);
  });
});

it("checkpoints without values and metadata without parents are accepted", async () => {
  const store = memoryStore();
  const saver = new ThreadStoreSaver({ store });
  const { channel_values: _values, ...checkpoint } = { ...emptyCheckpoint(), id: uuid6(0) };
  const metadata = { source: "loop", step: 0 };
  await saver.put(configOf(undefined, "sub:1"), checkpoint as never, metadata as never, {});
  await saver.prune(["one"]);
  expect(await valuesOf(store, configOf(undefined, "sub:1"))).toEqual({});
});
