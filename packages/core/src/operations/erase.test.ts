import { afterEach, describe, expect, it, vi, onTestFinished } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import {
  rejected,
  requestLost,
  responseLost,
  scriptedDriver,
} from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { EraseProgress, ThreadStore } from "../thread-store.ts";

/** Makes each delete take so much of the time that a call may take. */
function slowDeletes(milliseconds: number): ThreadDriver {
  const driver = memoryDriver();
  let shift = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + shift);
  return {
    ...driver,
    delete(...parameters) {
      shift += milliseconds;
      return driver.delete(...parameters);
    },
  };
}

async function fill(store: ThreadStore, namespaces: readonly string[], count: number): Promise<void> {
  for (const name of namespaces)
    for (let n = 0; n < count; n += 1) await store.namespace(name).save(`thread-${n}`, { n });
}

afterEach(() => void vi.restoreAllMocks());

describe("an erase", () => {
  it("stops after half of its time, and continues from the cursor with the totals", async () => {
    const store = createThreadStore(slowDeletes(1000));
    await fill(store, ["a", "b"], 12);
    const sizes = 24 * '{"n":1}'.length + 4;
    const counts: number[] = [];
    let result = await store.erase({ timeoutMs: 20_000 });
    const { startedAt } = result;
    while (result.cursor !== undefined) {
      expect(result.finishedAt).toBeUndefined();
      counts.push(result.threads);
      result = await store.erase({ timeoutMs: 20_000, cursor: result.cursor });
    }
    expect(counts).toEqual([10, 20]);
    expect(result).toEqual({
      threads: 24,
      bytes: sizes,
      startedAt,
      finishedAt: expect.any(Date) as Date,
      cursor: undefined,
    });
  });

  it("advances even if a single delete takes more than half of its time", async () => {
    const store = createThreadStore(slowDeletes(700));
    await fill(store, ["a"], 3);
    let { cursor } = await store.erase({ timeoutMs: 1000 });
    let calls = 1;
    for (; cursor !== undefined; calls += 1) ({ cursor } = await store.erase({ timeoutMs: 1000, cursor }));
    expect(calls).toBeLessThanOrEqual(4);
  });

  it("counts each thread once, whenever its process is killed", async () => {
    for (const killedAfter of [1, 2, 3, 4, 5, 6, 7]) {
      const records: MemoryRecords = new Map();
      await fill(memoryStore({ records }), ["a", "b"], 3);
      let deleted = 0;
      const { driver, next } = scriptedDriver(memoryDriver({ records }));
      const killed: ThreadDriver = {
        ...driver,
        delete(...parameters) {
          deleted += 1;
          return deleted >= killedAfter ? new Promise(() => undefined) : driver.delete(...parameters);
        },
      };
      let progress: EraseProgress | undefined;
      const stop = new AbortController();
      const erasing = createThreadStore(killed).erase({
        signal: stop.signal,
        onProgress: (report) => void (progress = report),
      });
      await vi.waitFor(() => expect(deleted).toBeGreaterThanOrEqual(Math.min(killedAfter, 6)));
      stop.abort();
      await erasing.catch(() => undefined);
      next("delete");
      const receipt = await memoryStore({ records }).erase({ cursor: progress?.cursor });
      expect([killedAfter, receipt.threads, receipt.bytes]).toEqual([killedAfter, 6, 42]);
    }
  });

  it("counts a thread whose delete was lost, and one whose response was lost", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    await fill(store, ["a"], 3);
    next("delete", responseLost, requestLost, rejected);
    expect(await store.erase()).toMatchObject({ threads: 3, cursor: undefined });
    expect((await store.namespaces()).namespaces).toEqual([]);
  });

  it("deletes a thread in whatever version it is, and stops if it is saved again and again", async () => {
    const records: MemoryRecords = new Map();
    const { driver, next } = scriptedDriver(memoryDriver({ records }));
    const store = createThreadStore(driver);
    const other = memoryStore({ records });
    await store.save("a", { n: 0 });
    const overtaken = async <T>(run: () => Promise<T>): Promise<T> => {
      await other.save("a", { later: 1 }, { overwrite: true });
      return run();
    };
    next("delete", overtaken, overtaken);
    expect(await store.erase()).toMatchObject({ threads: 1, bytes: '{"later":1}'.length });
    await store.save("a", { n: 0 });
    // Each of these deletes takes ten seconds of the call's time.
    const now = performance.now.bind(performance);
    let passed = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + passed);
    onTestFinished(() => clock.mockRestore());
    const slowly: typeof overtaken = async (run) => {
      passed += 10_000;
      return overtaken(run);
    };
    next("delete", ...Array.from({ length: 100 }, () => slowly));
    const { threads, cursor } = await store.erase({ timeoutMs: 60_000 });
    expect(threads).toBe(0);
    expect(cursor).toBeDefined();
  });

  it("rejects with what `onProgress` throws, and waits for it", async () => {
    const store = memoryStore();
    await fill(store, ["a"], 2);
    const reason = new Error("The disk is full.");
    await expect(store.erase({ onProgress: () => Promise.reject(reason) })).rejects.toBe(reason);
    let isDone = false;
    await store.erase({
      onProgress: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        isDone = true;
      },
    });
    expect(isDone).toBe(true);
  });

  it("lists each namespace once and deletes each thread with one request", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    await fill(store, ["a", "b"], 120);
    const before = { ...calls };
    await store.erase({ onProgress: () => undefined });
    expect([calls.delete - before.delete, calls.list - before.list, calls.read - before.read]).toEqual([
      240, 4, 0,
    ]);
  });

  it("rejects the cursor of another store", async () => {
    const store = createThreadStore(slowDeletes(1000));
    await fill(store, ["a"], 3);
    const { cursor } = await store.erase({ timeoutMs: 1000 });
    const other = createThreadStore({ ...memoryDriver(), name: "other" });
    await expect(other.erase({ cursor })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("never deletes what a driver lists outside the namespace", async () => {
    const driver = memoryDriver();
    const store = createThreadStore({
      ...driver,
      listNamespaces: async () => ({ namespaces: ["a", "ab"], next: undefined }),
    });
    await fill(store, ["a", "ab"], 1);
    await expect(store.namespace("a").erase()).rejects.toMatchObject({ code: "BACKEND_ERROR" });
    expect(await store.namespace("ab").load("thread-0")).toBeDefined();
  });
});
