import { randomBytes } from "node:crypto";
import type { ThreadStore } from "@threadstore/core";
import { measure, type Row, rowOf, type Slice, spreadOf } from "./measure.ts";
import {
  type BenchContext,
  CONTROL,
  countUpdates,
  createScenarios,
  type Scenario,
  type UpdateCounts,
  type Worker,
} from "./scenario.ts";

/** The result of a benchmark. Plain data. */
export interface BenchResult {
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** The same load in each round. */
  readonly control: Row & {
    /** The range of the medians of its rounds, as a fraction of the middle median. */
    readonly spread: number;
  };
  readonly conflicts: {
    /** How many saves of the writers of one thread were tried. */
    readonly attempts: number;
    /** How many of those had a conflict, and were repeated. */
    readonly conflicts: number;
    /** The number of successful updates that the thread does not contain. */
    readonly lost: number;
  };
}

export interface BenchOptions {
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly show: (text: string) => void;
}

const ROUNDS = 3;
/** The control needs another round to compare with. */
const MIN_ROUNDS = 2;

/** Measures a store in a new namespace, which is deleted afterwards, also if the signal aborts. */
export async function benchStore(store: ThreadStore, options: BenchOptions): Promise<BenchResult> {
  const view = store.namespace(`threadstore-bench-${randomBytes(6).toString("hex")}`);
  let result: BenchResult;
  try {
    result = await benchView({ view, signal: options.signal }, options);
  } catch (error) {
    // Also after Ctrl+C. If the backend has failed, it may fail again, and the threads expire.
    await deleteAll(view, options).catch(() => undefined);
    throw error;
  }
  await deleteAll(view, options);
  return result;
}

/** How long a deletion may take before it continues, or fails. */
const ERASE_MS = 10_000;

async function deleteAll(view: ThreadStore, { show }: BenchOptions): Promise<void> {
  show("Deleting the threads of the benchmark");
  let cursor: string | undefined;
  let hasFound = true;
  // A save that was aborted may arrive late.
  while (hasFound || cursor !== undefined) {
    const receipt = await view.erase({ cursor, timeoutMs: ERASE_MS });
    ({ cursor } = receipt);
    hasFound = receipt.threads > 0;
  }
}

/** A scenario whose workers are prepared. */
interface Prepared {
  readonly scenario: Scenario;
  readonly workers: readonly Worker[];
  readonly slices: Slice[];
}

async function benchView(
  context: BenchContext,
  { seconds, signal, show }: BenchOptions,
): Promise<BenchResult> {
  const stopAt = performance.now() + seconds * 1000;
  const updates: UpdateCounts = { attempts: 0, succeeded: 0 };
  const prepared: Prepared[] = [];
  for (const scenario of [CONTROL, ...createScenarios(updates)]) {
    show(`Preparing ${nameOf(scenario)}`);
    prepared.push(await prepare(context, scenario));
  }
  let slicesLeft = ROUNDS * prepared.length;
  for (let round = 1; round <= ROUNDS; round += 1) {
    // A slow backend has used up the time with one call of each worker.
    if (round > MIN_ROUNDS && performance.now() >= stopAt) break;
    for (const { scenario, workers, slices } of prepared) {
      show(`Round ${round} of ${ROUNDS}: ${nameOf(scenario)}`);
      const durationMs = Math.max(0, (stopAt - performance.now()) / slicesLeft);
      slices.push(await measure(workers, durationMs, signal));
      slicesLeft -= 1;
    }
  }
  const [control, ...rows] = prepared.map(({ scenario, slices }) => rowOf(scenario, slices));
  if (control === undefined) throw new Error("There is no control.");
  const { attempts, succeeded } = updates;
  const lost = succeeded - (await countUpdates(context));
  return {
    seconds,
    rounds: control.roundsMs.length,
    rows,
    control: { ...control, spread: spreadOf(control) },
    conflicts: { attempts, conflicts: attempts - succeeded, lost },
  };
}

async function prepare(context: BenchContext, scenario: Scenario): Promise<Prepared> {
  const numbers = Array.from({ length: scenario.concurrency }, (_, worker) => worker);
  const prepared = await Promise.allSettled(numbers.map((worker) => scenario.prepare(context, worker)));
  const workers = prepared.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  return { scenario, workers, slices: [] };
}

function nameOf({ operation, bytes, concurrency }: Scenario): string {
  const size = bytes === undefined ? "" : ` ${bytes / 1000} KB`;
  return `${operation}${size}, ${concurrency} at a time`;
}
