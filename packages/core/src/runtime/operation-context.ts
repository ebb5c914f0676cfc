import type { ThreadDriver } from "../thread-driver.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import type { Operation } from "./diagnostics.ts";
import type { ThreadQueues } from "./thread-queues.ts";

/** The backend that a store and all its views share. */
export interface Backend {
  readonly driver: ThreadDriver;
  readonly options: ResolvedStoreOptions;
  /** The appends and touches that are in progress. */
  readonly queues: ThreadQueues;
}

/** The state that the steps of one call share. */
export interface OperationContext extends Backend {
  readonly operation: Operation;
  readonly namespace: string;
  /** Aborts when the caller cancels or the deadline passes. Nothing more may be sent then. */
  readonly signal: AbortSignal;
  /** When the call times out, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Whether a write or delete was sent whose outcome is still unknown. */
  inDoubt: boolean;
  /** The number of requests to the driver. */
  requests: number;
  /** The size of the thread that was saved, changed or loaded. */
  bytes: number | undefined;
}
