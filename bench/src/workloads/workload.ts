import type { Subject, Client } from "../clients/client.ts";
import type { Stopwatch } from "../measure/stopwatch.ts";

/** The size of a run. */
export type Scale = "full" | "quick";

/** One size of a workload. */
export interface WorkloadCase {
  /** For example `T = 200`. */
  readonly name: string;
  /** The number in the name, for plots. */
  readonly size: number;
  /** The maximum number of rounds: the largest cases run long enough to be steady. */
  readonly rounds?: number;
  /** The maximum number of rounds with other libraries, if it is lower. */
  readonly peerRounds?: number;
  /** Returns whether a subject can take part. */
  readonly suits: (client: Client, subject: Subject) => boolean;
  /** Prepares the location. Its connections are closed before the measured part starts. */
  readonly prepare?: (client: Client) => Promise<void>;
  /** Runs the measured part on warm connections, or on new ones if `cold`. */
  readonly run: (run: Run) => Promise<void>;
  readonly cold?: boolean;
}

export interface Run {
  readonly client: Client;
  readonly watch: Stopwatch;
  /** Opens the same location again with new connections. */
  readonly reopen: () => Promise<Client>;
}

export interface Workload {
  readonly name: string;
  /** Describes the workload in one sentence. */
  readonly description: string;
  readonly cases: (scale: Scale) => readonly WorkloadCase[];
  /** Whether a round takes longer in larger cases, so that the smaller ones predict its time. */
  readonly grows?: true;
  /** Whether other libraries do not take part. */
  readonly withoutPeers?: true;
  /**
   * Runs before the measurement, for all subjects, so that late compilation does not count as a library's cost: a
   * server has done the same work many times before. Defaults to one round of the first case, and to no warm-up if that
   * case is cold or runs only once.
   */
  readonly warmUp?: WarmUp;
}

export interface WarmUp {
  readonly case: WorkloadCase;
  readonly rounds: number;
}
