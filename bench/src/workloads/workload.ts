import type { Contestant, Keeper } from "../keepers/keeper.ts";
import type { Stopwatch } from "../measure/stopwatch.ts";

/** How much of it a run does. */
export type Scale = "full" | "quick";

/** One size of a workload. */
export interface WorkloadCase {
  /** Such as `T = 200`. */
  readonly name: string;
  /** The number in it, for plots. */
  readonly size: number;
  /** How often it runs at most: the largest take long enough to be steady. */
  readonly rounds?: number;
  /** Whether a contestant takes part, given what it can do. */
  readonly suits: (keeper: Keeper, contestant: Contestant) => boolean;
  /** Fills the place with what the measured part finds there. Its connections are closed before that. */
  readonly prepare?: (keeper: Keeper) => Promise<void>;
  /** Runs on connections that were opened and used before, except where `cold`. */
  readonly run: (run: Run) => Promise<void>;
  readonly cold?: boolean;
}

export interface Run {
  readonly keeper: Keeper;
  readonly watch: Stopwatch;
  /** Opens the same place again, with new connections. */
  readonly reopen: () => Promise<Keeper>;
}

export interface Workload {
  readonly name: string;
  /** What is measured, in a sentence. */
  readonly description: string;
  readonly cases: (scale: Scale) => readonly WorkloadCase[];
  /**
   * What everybody runs first, so many times, and nobody measures: what a server does it has done many times before,
   * and code that the engine compiles late must not count as a library's. The first case, once, unless given; nothing
   * where that is cold, or so long that it runs once.
   */
  readonly warmUp?: WarmUp;
}

export interface WarmUp {
  readonly case: WorkloadCase;
  readonly rounds: number;
}
