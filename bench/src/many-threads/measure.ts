import { readFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { median } from "../measure/statistics.ts";
import { type StoreName, type StorePlace, STORES } from "../stores/open-stores.ts";
import type { RequestCounter } from "../stores/request-counter.ts";
import { CALLS, type MeasuredCall } from "./calls.ts";
import { EXPIRED_PART, fill, NAMESPACE } from "./threads.ts";

/** The cost of a call in a namespace of `threads` threads. */
export interface CallCost {
  readonly store: StoreName;
  readonly threads: number;
  readonly call: string;
  /** What it asks of the backend. */
  readonly requests: number;
  /** Bytes that it reads from sockets and files; `null` if the operating system does not count them. */
  readonly read: number | null;
  /** The median time, in milliseconds. */
  readonly ms: number;
}

export interface MeasureOptions {
  readonly store: StoreName;
  readonly threads: number;
  readonly onProgress: (text: string) => void;
  /** Gets the failure of a call, which is then left out. Without it, the measurement fails. */
  readonly onFailure?: (call: string, error: unknown) => void;
  /**
   * How long each call is repeated, and how long a job over all threads may take, in milliseconds. A call that takes
   * longer is not repeated, and a job that takes longer is measured with the threads that it has visited until then.
   */
  readonly repeatMs: number;
  readonly jobMs: number;
}

const RUNS_MAX = 9;
const RUNS_MIN = 2;

/** The jobs, whose costs are those of a thousand threads. */
export const EXPIRY = "expiry, for 1,000 threads";
export const ERASE = "erase, for 1,000 threads";

/** Measures all calls on a new backend. */
export async function measureMany(options: MeasureOptions): Promise<CallCost[]> {
  return measureIn(await STORES[options.store](), options);
}

/** Measures all calls on an empty backend, and stops it. */
export async function measureIn(place: StorePlace, options: MeasureOptions): Promise<CallCost[]> {
  const { store, threads, onProgress, onFailure } = options;
  const started = performance.now();
  try {
    await fill(place, threads, (saved) => {
      if (saved % 1000 > 0) return;
      const each = ((performance.now() - started) / saved).toFixed(2);
      onProgress(`${store} · saved ${saved} of ${threads} threads, each in ${each} ms`);
    });
    const costs: CallCost[] = [];
    for (const [call, costOfIt] of measurementsOf(place, options)) {
      onProgress(`${store} · ${threads} threads · ${call}`);
      try {
        costs.push({ store, threads, call, ...(await costOfIt()) });
      } catch (error) {
        if (onFailure === undefined) throw error;
        onFailure(call, error);
      }
    }
    return costs;
  } finally {
    await place.stop();
  }
}

/** Returns all calls and then the jobs, which delete threads, by name. */
function measurementsOf(
  place: StorePlace,
  options: MeasureOptions,
): readonly (readonly [name: string, measure: () => Promise<Cost>])[] {
  return [
    ...CALLS.map((call) => [call.name, () => costOf(place, call, options)] as const),
    [EXPIRY, () => costOfJob(place, options, deleteExpired)],
    [ERASE, () => costOfJob(place, options, erase)],
  ];
}

type Cost = Pick<CallCost, "requests" | "read" | "ms">;

async function costOf(
  place: StorePlace,
  { prepare }: MeasuredCall,
  { threads, repeatMs }: MeasureOptions,
): Promise<Cost> {
  const first = await counted(place, async (store, restart) => {
    const call = await prepare(store, threads);
    restart();
    await call();
  });
  if (first.ms > repeatMs) return first;
  await using opened = place.open();
  const call = await prepare(opened.store.namespace(NAMESPACE), threads);
  const times: number[] = [];
  const stopAt = performance.now() + repeatMs;
  // The first run compiles code.
  await call();
  while (times.length < RUNS_MIN || (times.length < RUNS_MAX && performance.now() < stopAt)) {
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return { ...first, ms: median(times) };
}

/** Counts the requests of `work`, and measures its time, from the last call of `restart` on. */
async function counted(
  place: StorePlace,
  work: (store: ThreadStore, restart: () => void) => Promise<unknown>,
): Promise<Cost> {
  const counter: RequestCounter = { count: 0 };
  await using opened = place.open({ counter });
  const store = opened.store.namespace(NAMESPACE);
  // Connects, and creates what is missing.
  await store.load("missing");
  let readBefore: number | null = null;
  let started = 0;
  const restart = (): void => {
    counter.count = 0;
    readBefore = bytesRead();
    started = performance.now();
  };
  restart();
  await work(store, restart);
  const ms = performance.now() - started;
  const { count } = counter;
  const read = bytesRead();
  return { requests: count, read: read === null || readBefore === null ? null : read - readBefore, ms };
}

/** Runs a job with a limit of its time, and resolves with how many threads it has visited. */
type Job = (store: ThreadStore, options: MeasureOptions) => Promise<number>;

async function costOfJob(place: StorePlace, options: MeasureOptions, job: Job): Promise<Cost> {
  let visited = 0;
  const { requests, read, ms } = await counted(place, async (store) => {
    visited = await job(store, options);
  });
  const part = visited / 1000;
  return { requests: requests / part, read: read === null ? null : read / part, ms: ms / part };
}

/**
 * Visits threads in the order of their ids until the time is over. Then the number of deleted threads tells how many it
 * has visited, unless the backend itself deletes expired threads.
 */
async function deleteExpired(store: ThreadStore, { threads, jobMs }: MeasureOptions): Promise<number> {
  const { deleted, cursor } = await store.deleteExpired({ timeoutMs: 2 * jobMs });
  if (cursor !== undefined && deleted === 0) throw new Error(`Visited some threads in ${jobMs} ms.`);
  // Backends with native expiry have deleted some or all of them before.
  if (deleted > threads / EXPIRED_PART) throw new Error(`Deleted ${deleted} of ${threads} threads.`);
  return cursor === undefined ? threads : deleted * EXPIRED_PART;
}

async function erase(store: ThreadStore, { jobMs }: MeasureOptions): Promise<number> {
  const { threads } = await store.erase({ timeoutMs: 2 * jobMs });
  if (threads === 0) throw new Error("Nothing was erased.");
  return threads;
}

function bytesRead(): number | null {
  if (process.platform !== "linux") return null;
  const found = /^rchar: (\d+)$/mu.exec(readFileSync("/proc/self/io", "utf8"))?.[1];
  return found === undefined ? null : Number(found);
}
