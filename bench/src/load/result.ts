import type { RecordableHistogram } from "node:perf_hooks";
import type { StoreName } from "../stores/open-stores.ts";
import type { Slope } from "./slope.ts";

/** What conversations did in a part of a run. Times are of a turn, which is a load and a save, in milliseconds. */
export interface Phase {
  readonly turnsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface LoadResult {
  readonly store: StoreName;
  readonly conversations: number;
  readonly minutes: number;
  /** Every conversation takes a turn as soon as the one before has ended. */
  readonly full: Phase;
  /** At half the turns per second of `full`. A turn that starts late counts from when it should have started. */
  readonly half: Phase;
  /** Changes during `half`, for each minute. */
  readonly heapBytes: Slope;
  readonly descriptors: Slope;
}

/** The part of the time that is spent at full load. */
export const FULL_PART = 0.25;
const NS_PER_MS = 1_000_000;

export function phaseOf(histogram: RecordableHistogram, seconds: number): Phase {
  const at = (percentile: number): number => histogram.percentile(percentile) / NS_PER_MS;
  return { turnsPerSecond: histogram.count / seconds, p50: at(50), p99: at(99), p999: at(99.9) };
}
