import type { Scenario, Worker } from "./scenario.ts";

/** The measurements of the workers of a scenario in one round. */
export interface Slice {
  /** The duration of each call in milliseconds. */
  readonly times: readonly number[];
  readonly elapsedMs: number;
}

/** The result of a scenario. Plain data. */
export interface Row {
  readonly operation: string;
  /** The size of the threads; `null` if it does not matter. */
  readonly bytes: number | null;
  /** The number of calls at a time. */
  readonly concurrency: number;
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  /** `null` if there are too few calls to tell. */
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** The median of each round. */
  readonly roundsMs: readonly number[];
}

/** Repeats the calls of all workers until the time is over; each worker makes at least one. */
export async function measure(
  workers: readonly Worker[],
  durationMs: number,
  signal: AbortSignal,
): Promise<Slice> {
  const times: number[] = [];
  const startedAt = performance.now();
  const stopAt = startedAt + durationMs;
  const ended = await Promise.allSettled(
    workers.map(async ({ before, call }) => {
      do {
        signal.throwIfAborted();
        await before?.();
        const start = performance.now();
        await call();
        times.push(performance.now() - start);
      } while (performance.now() < stopAt);
    }),
  );
  // After a failure, all workers must have stopped before the threads are deleted.
  for (const outcome of ended) if (outcome.status === "rejected") throw outcome.reason;
  return { times, elapsedMs: performance.now() - startedAt };
}

/** Returns a quantile: the smallest number that is not exceeded by this fraction of the numbers. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(Math.ceil(sorted.length * part), sorted.length) - 1] ?? 0;
}

/** Returns the median of numbers in any order. */
export function median(numbers: readonly number[]): number {
  return quantile(ascending(numbers), 0.5);
}

function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((left, right) => left - right);
}

/** The minimum numbers of calls for these percentiles. */
const [CALLS_FOR_P95, CALLS_FOR_P99] = [40, 200];

export function rowOf({ operation, bytes, concurrency }: ScenarioName, slices: readonly Slice[]): Row {
  const sorted = ascending(slices.flatMap(({ times }) => times));
  const elapsedMs = slices.reduce((sum, slice) => sum + slice.elapsedMs, 0);
  return {
    operation,
    bytes: bytes ?? null,
    concurrency,
    calls: sorted.length,
    perSecond: rounded((sorted.length * 1000) / elapsedMs),
    p50Ms: rounded(quantile(sorted, 0.5)),
    p95Ms: sorted.length < CALLS_FOR_P95 ? null : rounded(quantile(sorted, 0.95)),
    p99Ms: sorted.length < CALLS_FOR_P99 ? null : rounded(quantile(sorted, 0.99)),
    roundsMs: slices.map(({ times }) => rounded(median(times))),
  };
}

type ScenarioName = Pick<Scenario, "operation" | "bytes" | "concurrency">;

/** Keeps three digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Returns the range of the medians of rounds, as a fraction of the middle median. */
export function spreadOf({ roundsMs }: Pick<Row, "roundsMs">): number {
  const middle = median(roundsMs);
  return middle === 0 ? 0 : rounded((Math.max(...roundsMs) - Math.min(...roundsMs)) / middle);
}
