import { afterEach, describe, expect, it, vi } from "vitest";
import { encodingStore } from "../decorator/decorators.test-helper.ts";
import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import type { MaybePromise } from "../runtime/maybe-promise.ts";
import {
  rejected,
  requestLost,
  responseLost,
  scriptedDriver,
} from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { ThreadStore } from "../thread-store.ts";
import { applyRetention } from "./apply-retention.ts";
import { eraseWhere } from "./erase-where.ts";
import type { RemovalOptions, RemovalResult } from "./removal-options.ts";
import { type ClockedStore, clockedStore, corrupt, DAY, idsIn } from "./removals.test-helper.ts";

const OLD = { olderThanMs: DAY };
const ANN = { owner: "ann" };
const THREAD = { n: 1 };
const SIZE = '{"n":1}'.length;

/** Saves so many old threads of ann in each namespace, and as many of bob. */
async function fill({ store }: ClockedStore, names: readonly string[], count: number): Promise<void> {
  for (const name of names) {
    const view = name === "" ? store : store.namespace(name);
    for (let n = 0; n < count; n += 1) {
      await view.save(`ann-${n}`, THREAD, { metadata: ANN });
      await view.save(`bob-${n}`, {}, { metadata: { owner: "bob" } });
    }
  }
}

type Job = (store: ThreadStore, options?: RemovalOptions) => Promise<RemovalResult>;

/** The jobs, each of which deletes the threads of ann that `fill` saves. */
const JOBS: readonly (readonly [string, Job])[] = [
  ["retention", (store, options) => applyRetention(store, { ...OLD, where: ANN }, options)],
  ["erasure", (store, options) => eraseWhere(store, ANN, options)],
];

/** Lets each delete take so much of the monotonic clock. */
function slowDeletes(driver: ThreadDriver, milliseconds: number): ThreadDriver {
  vi.restoreAllMocks();
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

/** Runs a job until it has sent so many requests. Resolves with its last cursor, and whether it has ended before. */
async function runUntilKilled(
  clocked: ClockedStore,
  run: Job,
  killedAfter: number,
): Promise<{ readonly hasEnded: boolean; readonly cursor: string | undefined }> {
  let requests = 0;
  const dying = <T>(call: () => MaybePromise<T>): MaybePromise<T> => {
    requests += 1;
    return requests > killedAfter ? new Promise<never>(() => undefined) : call();
  };
  const store = clocked.open((driver) => ({
    ...driver,
    list: (...parameters) => dying(() => driver.list(...parameters)),
    readTail: (...parameters) => dying(() => driver.readTail(...parameters)),
    delete: (...parameters) => dying(() => driver.delete(...parameters)),
  }));
  let cursor: string | undefined;
  const stop = new AbortController();
  const running = run(store, { signal: stop.signal, onProgress: (each) => void ({ cursor } = each) });
  const hasEnded = await Promise.race([
    running.then(() => true),
    vi.waitFor(() => expect(requests).toBeGreaterThan(killedAfter)).then(() => false),
  ]);
  stop.abort();
  await running.catch(() => undefined);
  return { hasEnded, cursor };
}

afterEach(() => void vi.restoreAllMocks());

describe.each(JOBS)("%s", (name, run) => {
  it("counts each thread once, whenever its process is killed", async () => {
    let ended = 0;
    for (let killedAfter = 1; killedAfter <= 40; killedAfter += 1) {
      const clocked = clockedStore();
      await fill(clocked, ["", "a", "b"], 3);
      clocked.time += 2 * DAY;
      const { hasEnded, cursor } = await runUntilKilled(clocked, run, killedAfter);
      if (hasEnded) ended += 1;
      const receipt = await run(clocked.store, { cursor });
      expect([killedAfter, receipt.threads, receipt.bytes]).toEqual([killedAfter, 9, 9 * SIZE]);
      expect((await idsIn(clocked.store)).filter((id) => id.includes("ann"))).toEqual([]);
      expect(await idsIn(clocked.store)).toHaveLength(9);
    }
    expect(ended).toBeLessThan(20);
  });

  it("keeps a thread that is saved after it was listed, and does not count it", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 3);
    clocked.time += 2 * DAY;
    const { driver, next } = scriptedDriver(memoryDriver({ records: clocked.records }));
    const store = clocked.open(() => driver);
    next("delete", async (call) => {
      // The owner hands it over in the meantime.
      await clocked.store.namespace("a").touch("ann-0", { metadata: { owner: "bob" } });
      return call();
    });
    expect(await run(store)).toMatchObject({ threads: 2, bytes: 2 * SIZE });
    expect((await clocked.store.namespace("a").load("ann-0"))?.metadata).toEqual({ owner: "bob" });
  });

  it("does not count a thread that another client deletes first", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 3);
    clocked.time += 2 * DAY;
    const other = clocked.store.namespace("a");
    const receipt = await run(clocked.store, {
      onProgress: async () => void (await other.delete("ann-1")),
    });
    expect(receipt).toMatchObject({ threads: 2 });
  });

  it("counts each thread once in total if two clients run it at the same time", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["", "a", "b"], 70);
    clocked.time += 2 * DAY;
    const receipts = await Promise.all([run(clocked.store), run(clocked.open())]);
    expect(receipts.reduce((sum, { threads }) => sum + threads, 0)).toBe(210);
    expect(receipts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(210 * SIZE);
    expect(await idsIn(clocked.store)).toHaveLength(210);
  });

  it("counts a thread whose delete was lost, and one whose response was lost", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 4);
    clocked.time += 2 * DAY;
    const { driver, next } = scriptedDriver(memoryDriver({ records: clocked.records }));
    next("delete", responseLost, requestLost, rejected);
    expect(await run(clocked.open(() => driver))).toMatchObject({ threads: 4, bytes: 4 * SIZE });
    expect((await idsIn(clocked.store)).filter((id) => id.includes("ann"))).toEqual([]);
  });

  it("lists each namespace twice, and reads no content", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a", "b"], 120);
    clocked.time += 2 * DAY;
    const { driver, calls } = scriptedDriver(memoryDriver({ records: clocked.records }));
    const limits: number[] = [];
    const store = clocked.open(() => ({
      ...driver,
      list(namespace, page, options) {
        limits.push(page.limit);
        return driver.list(namespace, page, options);
      },
    }));
    const { threads } = await run(store, { onProgress: () => undefined });
    expect(threads).toBe(240);
    expect([calls.delete, calls.readTail, calls.read]).toEqual([240, 240, 0]);
    expect(Math.max(...limits)).toBe(100);
    // Of each namespace with 240 threads: 3 pages for the job, 2 or 3 for the expired threads, and 1 of the root each.
    const passes = name === "erasure" ? 2 : 1;
    expect(limits.length).toBeLessThanOrEqual(passes * (2 * 6 + 2));
  });

  it("visits each of many namespaces once, with a listing of all, and one for each of a page that a call continues", async () => {
    const clocked = clockedStore();
    const names = Array.from({ length: 230 }, (_, n) => `tenant-${n}`);
    await fill(clocked, names, 1);
    clocked.time += 2 * DAY;
    const listings = { threads: 0, namespaces: 0 };
    const store = clocked.open((driver) => ({
      ...driver,
      list(...parameters) {
        listings.threads += 1;
        return driver.list(...parameters);
      },
      listNamespaces(...parameters) {
        listings.namespaces += 1;
        return driver.listNamespaces(...parameters);
      },
    }));
    const interrupted = new Error("interrupted");
    let cursor: string | undefined;
    let pages = 0;
    const onProgress: RemovalOptions["onProgress"] = (progress) => {
      ({ cursor } = progress);
      pages += 1;
      if (pages === 120) throw interrupted;
    };
    await expect(run(store, { onProgress })).rejects.toBe(interrupted);
    expect(await run(store, { cursor })).toMatchObject({ threads: 230, cursor: undefined });
    const passes = name === "erasure" ? 2 : 1;
    expect(listings.threads).toBe(2 * 231 * passes);
    // The 120th page was that of the 119th namespace, and what is nested in it and in those after it has to be listed.
    expect(listings.namespaces).toBe(passes + 112);
  });

  it("stops after its time, continues from the cursor with the totals, and always advances", async () => {
    for (const [stopAfterMs, deleteMs] of [
      [1000, 150],
      [1, 500],
    ] as const) {
      const clocked = clockedStore();
      await fill(clocked, ["a", "b"], 24);
      clocked.time += 2 * DAY;
      const store = clocked.open((driver) => slowDeletes(driver, deleteMs), { timeoutMs: 1_000_000 });
      let result = await run(store, { stopAfterMs });
      const { startedAt } = result;
      const counts = [result.threads];
      for (; result.cursor !== undefined && counts.length < 100; counts.push(result.threads)) {
        expect(result.finishedAt).toBeUndefined();
        clocked.time += DAY;
        result = await run(store, { stopAfterMs, cursor: result.cursor });
      }
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
      expect(counts.length).toBeGreaterThan(3);
      expect(result).toMatchObject({ threads: 48, bytes: 48 * SIZE, startedAt, cursor: undefined });
      expect(result.finishedAt).toEqual(new Date(clocked.time));
    }
  });

  it("advances although its time is over before its first delete", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 3);
    clocked.time += 2 * DAY;
    let time = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => (time += 10));
    const store = clocked.open(undefined, { timeoutMs: 1_000_000_000 });
    let result = await run(store, { stopAfterMs: 1 });
    let calls = 1;
    for (; result.cursor !== undefined && calls < 50; calls += 1) {
      result = await run(store, { stopAfterMs: 1, cursor: result.cursor });
    }
    expect(result).toMatchObject({ threads: 3, cursor: undefined });
  });

  it("does not count a thread that was saved before the call that continues", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 3);
    clocked.time += 2 * DAY;
    let cursor: string | undefined;
    const interrupted = new Error("interrupted");
    const onProgress: RemovalOptions["onProgress"] = (progress) => {
      ({ cursor } = progress);
      if (progress.namespaces.length > 0) throw interrupted;
    };
    await expect(run(clocked.store, { onProgress })).rejects.toBe(interrupted);
    await clocked.store.namespace("a").touch("ann-0", { metadata: { owner: "bob" } });
    await clocked.store.namespace("a").delete("ann-1");
    expect(await run(clocked.store, { cursor })).toMatchObject({ threads: 2, bytes: 2 * SIZE });
    expect((await idsIn(clocked.store)).filter((id) => id.includes("ann"))).toEqual(["a:ann-0"]);
  });

  it("reports its progress before it deletes, waits for it, and rejects with what it throws", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 2);
    clocked.time += 2 * DAY;
    const reason = new Error("The disk is full.");
    for (const onProgress of [
      () => Promise.reject(reason),
      () => {
        throw reason;
      },
    ]) {
      await expect(run(clocked.store.namespace("a"), { onProgress })).rejects.toBe(reason);
    }
    expect(await idsIn(clocked.store)).toHaveLength(4);
    const progress: (readonly [number, number, readonly string[]])[] = [];
    await run(clocked.store, {
      async onProgress({ threads, namespaces }) {
        const before = (await idsIn(clocked.store)).length;
        await new Promise((resolve) => setTimeout(resolve, 5));
        progress.push([before, threads, namespaces]);
      },
    });
    expect(progress.slice(0, 2)).toEqual([
      [4, 0, []],
      [4, 0, ["a"]],
    ]);
  });

  it("stops when its signal aborts", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 150);
    clocked.time += 2 * DAY;
    const controller = new AbortController();
    const stopped = new Error("enough");
    let pages = 0;
    const running = run(clocked.store.namespace("a"), {
      signal: controller.signal,
      onProgress() {
        pages += 1;
        if (pages === 2) controller.abort(stopped);
      },
    });
    await expect(running).rejects.toBe(stopped);
    expect((await idsIn(clocked.store)).filter((id) => id.includes("ann"))).toHaveLength(50);
    await expect(run(clocked.store, { signal: controller.signal })).rejects.toBe(stopped);
  });

  it("rejects cursors of other stores, conditions, options and jobs", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 12);
    clocked.time += 2 * DAY;
    let cursor = "";
    await run(clocked.store, { dryRun: true, onProgress: (each) => void (cursor = each.cursor) });
    const { cursor: listing } = await clocked.store.namespace("a").listPage({ limit: 1 });
    for (const attempt of [
      () => run(clocked.store, { cursor }),
      () => run(clocked.store, { cursor, dryRun: true, namespaces: false }),
      () => run(memoryStore(), { cursor, dryRun: true }),
      () => run(clocked.store.namespace("a"), { cursor, dryRun: true }),
      () => run(clocked.store, { cursor: listing }),
      () => applyRetention(clocked.store, { ...OLD, where: { owner: "bob" } }, { cursor, dryRun: true }),
      () => applyRetention(clocked.store, { ...OLD, where: ANN, keepNewest: 1 }, { cursor, dryRun: true }),
      () => applyRetention(clocked.store, { where: ANN }, { cursor, dryRun: true }),
      () => eraseWhere(clocked.store, { owner: "bob" }, { cursor, dryRun: true }),
      () => run(clocked.store, { cursor, dryRun: true, prefix: "ann" }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("`cursor`") as string,
      });
    }
    expect(await run(encodingStore(clocked.open()), { cursor, dryRun: true })).toMatchObject({ threads: 12 });
    expect(await idsIn(clocked.store)).toHaveLength(24);
  });

  it("rejects cursors whose values are forged", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 1);
    clocked.time += 2 * DAY;
    let cursor = "";
    await run(clocked.store, { dryRun: true, onProgress: (each) => void (cursor = each.cursor) });
    const values = unsealJson(cursor) as readonly unknown[];
    const forged = values.flatMap((_value, index) =>
      [null, 5, "x", {}, [], [null], [[]], [[5, null]], [["ann-0", 5, 1, 1]], [1, 2, 3, 4, -5]].map((other) =>
        values.with(index, other),
      ),
    );
    for (const each of forged) {
      // Without kept or pending threads, it is the cursor itself.
      if (JSON.stringify(each) === JSON.stringify(values)) continue;
      await expect(
        run(clocked.store, { cursor: sealJson(each), dryRun: true }),
        JSON.stringify(each),
      ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(
      run(clocked.store, { cursor: sealJson(values.slice(0, 4)), dryRun: true }),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is limited to a prefix of ids, and leaves corrupt records with other ids alone", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["", "a"], 12);
    clocked.time += 2 * DAY;
    corrupt(clocked, "", "ann-0");
    corrupt(clocked, "a", "ann-10");
    const onCorrupt = vi.fn<NonNullable<RemovalOptions["onCorrupt"]>>();
    const receipt = await run(clocked.store, { prefix: "ann-1", onCorrupt });
    expect(receipt).toMatchObject({ threads: 5, corrupt: 1 });
    expect(onCorrupt).toHaveBeenCalledWith({ namespaces: ["a"], id: "ann-10" });
    const left = (await idsIn(clocked.store)).filter((id) => id.includes("ann-1"));
    expect(left).toEqual(["a:ann-10"]);
    expect(await idsIn(clocked.store)).toHaveLength(48 - 5);
  });

  it("returns a receipt that survives JSON", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 1);
    clocked.time += 2 * DAY;
    corrupt(clocked, "a", "bob-0");
    const receipt = await run(clocked.store);
    expect(JSON.parse(JSON.stringify(receipt))).toEqual({
      threads: 1,
      bytes: SIZE,
      expired: 0,
      corrupt: 1,
      startedAt: receipt.startedAt.toISOString(),
      finishedAt: receipt.finishedAt?.toISOString(),
    });
  });
});

describe("an erasure", () => {
  it("by prefix alone deletes corrupt records, too, and counts each once, whenever its process is killed", async () => {
    const byPrefix: Job = (store, options) => eraseWhere(store, {}, { ...options, prefix: "ann-" });
    for (let killedAfter = 1; killedAfter <= 20; killedAfter += 1) {
      const clocked = clockedStore();
      await fill(clocked, ["", "a"], 3);
      corrupt(clocked, "a", "ann-1");
      corrupt(clocked, "a", "bob-1");
      const { cursor } = await runUntilKilled(clocked, byPrefix, killedAfter);
      const receipt = await byPrefix(clocked.store, { cursor });
      expect(receipt).toMatchObject({ threads: 6, bytes: 5 * SIZE, corrupt: 0 });
      expect((await idsIn(clocked.store)).filter((id) => id.includes("ann"))).toEqual([]);
      expect(await idsIn(clocked.store)).toHaveLength(6);
    }
    await expect(eraseWhere(memoryStore(), {}, { prefix: "" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("starts over until a pass does not find anything", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a", "b"], 1);
    const saved: string[] = [];
    const receipt = await eraseWhere(clocked.store, ANN, {
      // Saves in a namespace that was already visited, twice.
      async onProgress({ namespaces: [name] }) {
        if (name !== "b" || saved.length === 2) return;
        saved.push(`late-${saved.length}`);
        await clocked.store.namespace("a").save(`late-${saved.length}`, THREAD, { metadata: ANN });
      },
    });
    expect(receipt).toMatchObject({ threads: 4, cursor: undefined });
    expect(await idsIn(clocked.store)).toEqual(["a:bob-0", "b:bob-0"]);
  });

  it("ends with a cursor if each of ten passes finds something, and continues from there", async () => {
    const clocked = clockedStore();
    let saves = 0;
    const onProgress = async (): Promise<void> => {
      saves += 1;
      await clocked.store.save("again", { saves }, { metadata: ANN, overwrite: true });
    };
    await clocked.store.save("again", {}, { metadata: ANN });
    const { threads, finishedAt, cursor } = await eraseWhere(clocked.store, ANN, { onProgress });
    // Each time, the thread has been saved between its listing and its deletion.
    expect([threads, finishedAt, saves]).toEqual([0, undefined, 10]);
    expect(await eraseWhere(clocked.store, ANN, { cursor })).toMatchObject({ threads: 1, cursor: undefined });
    expect(await idsIn(clocked.store)).toEqual([]);
  });

  it("removes a thread that expires after it was listed", async () => {
    const clocked = clockedStore();
    await clocked.store.save("a", THREAD, { metadata: ANN, ttlMs: 1000 });
    const receipt = await eraseWhere(clocked.store, ANN, { onProgress: () => void (clocked.time += 2000) });
    expect(receipt).toMatchObject({ threads: 0, expired: 1 });
    expect(clocked.records.get("")?.size ?? 0).toBe(0);
  });
});

describe("a retention policy", () => {
  it("continues days later with the times of its first call", async () => {
    const clocked = clockedStore();
    await fill(clocked, ["a"], 1);
    clocked.time += DAY / 2;
    let cursor: string | undefined;
    await applyRetention(clocked.store, OLD, { onProgress: (each) => void (cursor ??= each.cursor) });
    clocked.time += 30 * DAY;
    expect(await applyRetention(clocked.store, OLD, { cursor })).toMatchObject({ threads: 0 });
    expect(await applyRetention(clocked.store, OLD)).toMatchObject({ threads: 2 });
  });

  it("keeps at least the newest threads, whatever is saved and deleted meanwhile", async () => {
    const clocked = clockedStore();
    for (let n = 0; n < 250; n += 1) {
      clocked.time += 1;
      await clocked.store.save(`t-${String((n * 7) % 250).padStart(3, "0")}`, { n });
    }
    let page = 0;
    await applyRetention(
      clocked.store,
      { keepNewest: 10 },
      {
        async onProgress() {
          clocked.time += 1;
          page += 1;
          // One that is kept so far, one that is about to be deleted, and a new one.
          for (const id of ["t-000", "t-001", `new-${page}`]) {
            await clocked.store.save(id, { page }, { overwrite: true });
          }
        },
      },
    );
    const { threads } = await clocked.store.listPage({ order: "updated", limit: 1000 });
    expect(threads.length).toBeGreaterThanOrEqual(10);
    expect(threads.length).toBeLessThan(20);
    const ids = threads.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["t-000", "t-001"]));
  });

  it("keeps the newest and counts each thread once, whenever its process is killed", async () => {
    const run: Job = (store, options) => applyRetention(store, { keepNewest: 30 }, options);
    for (let killedAfter = 1; killedAfter <= 500; killedAfter += 13) {
      const clocked = clockedStore();
      for (const view of [clocked.store.namespace("a"), clocked.store.namespace("b")]) {
        for (let n = 0; n < 130; n += 1) {
          clocked.time += 1;
          await view.save(`${(n * 37) % 130}`, THREAD);
        }
      }
      const newest = await clocked.store.namespace("a").listPage({ order: "updated", limit: 30 });
      const { cursor } = await runUntilKilled(clocked, run, killedAfter);
      const receipt = await run(clocked.store, { cursor });
      expect([killedAfter, receipt.threads, receipt.bytes]).toEqual([killedAfter, 200, 200 * SIZE]);
      const expected = ["a", "b"].flatMap((name) => newest.threads.map(({ id }) => `${name}:${id}`));
      expect(await idsIn(clocked.store)).toEqual(expected.toSorted());
    }
  });

  it("deletes exactly what a model deletes", async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const random = generator(seed);
      const clocked = clockedStore();
      const model = new Map<
        string,
        { readonly id: string; readonly time: number; readonly kind: string }[]
      >();
      for (const name of ["", "x", "x/y", "z"]) {
        const view = name
          .split("/")
          .reduce((each, part) => (part === "" ? each : each.namespace(part)), clocked.store);
        const threads = Array.from({ length: random(130) }, (_, n) => ({
          id: `${n}`,
          time: clocked.time + random(6) * DAY,
          kind: `${random(2)}`,
        }));
        const start = clocked.time;
        for (const { id, time, kind } of threads) {
          clocked.time = time;
          await view.save(id, {}, { metadata: { kind } });
        }
        clocked.time = start;
        model.set(name, threads);
      }
      clocked.time += 6 * DAY;
      const keepNewest = random(2) === 0 ? undefined : 1 + random(20);
      const olderThanMs = random(2) === 0 ? undefined : 1 + random(6) * DAY;
      const where = random(2) === 0 || (keepNewest ?? olderThanMs) === undefined ? { kind: "1" } : undefined;
      const expected = [...model].flatMap(([name, threads]) => {
        const matching = threads.filter(({ kind }) => where === undefined || kind === where.kind);
        const newest = matching
          .toSorted((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1))
          .slice(0, keepNewest ?? 0);
        const limit = clocked.time - (olderThanMs ?? 0);
        const isKept = (each: (typeof threads)[number]): boolean =>
          !matching.includes(each) ||
          newest.includes(each) ||
          (olderThanMs !== undefined && each.time >= limit);
        return threads.filter(isKept).map(({ id }) => `${name}:${id}`);
      });
      const policy = { keepNewest, olderThanMs, where };
      // Interrupted at a random page, and continued.
      let pagesLeft = random(5);
      let cursor: string | undefined;
      const interrupted = new Error("interrupted");
      const total = [...model.values()].reduce((sum, { length }) => sum + length, 0);
      const onProgress: RemovalOptions["onProgress"] = (progress) => {
        ({ cursor } = progress);
        if (pagesLeft === 0) throw interrupted;
        pagesLeft -= 1;
      };
      const first = await applyRetention(clocked.store, policy, { onProgress }).catch((error: unknown) => {
        if (error !== interrupted) throw error;
      });
      const receipt = first ?? (await applyRetention(clocked.store, policy, { cursor }));
      expect(await idsIn(clocked.store), `seed ${seed}`).toEqual(expected.toSorted());
      expect(receipt.threads, `seed ${seed}`).toBe(total - expected.length);
    }
  });
});

/** Returns a function that returns random integers below its argument. */
function generator(seed: number): (below: number) => number {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
