import { ThreadStoreError } from "../errors.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { CallOptions } from "../thread-store.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";

export type Operation = "save" | "load" | "delete" | "list" | "deleteExpired";

/** The backend under a store and all its views. */
export interface Backend {
  readonly driver: ThreadDriver;
  readonly options: ResolvedStoreOptions;
}

/** One call of a user's, while it lasts: what its steps share. */
export interface Call extends Backend {
  readonly operation: Operation;
  readonly namespace: string;
  /** Aborted when the caller gave up or the time ran out: nothing more is sent then. */
  readonly signal: AbortSignal;
  /** When the time runs out, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** A write or delete was sent, and whether it took effect is not known yet. */
  doubtful: boolean;
  /** How often the driver was asked for something. */
  requests: number;
  /** The size of the thread saved or loaded. */
  bytes: number | undefined;
}

/**
 * Runs `work` until it ends, the caller aborts or the time is up, whichever comes first. What it leaves
 * running then is told by the call's signal, and its outcome goes nowhere.
 */
export async function withinTime<T>(
  parts: Backend & Pick<Call, "operation" | "namespace">,
  { signal, timeoutMs = parts.options.timeoutMs }: CallOptions,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const call: Call = {
    ...parts,
    signal: controller.signal,
    deadline: performance.now() + timeoutMs,
    doubtful: false,
    requests: 0,
    bytes: undefined,
  };
  const end = (reason: unknown): void => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => end(signal?.reason);
  const timer = setTimeout(() => end(timeUp(call, timeoutMs)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(call), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function timeUp({ doubtful }: Call, timeoutMs: number): ThreadStoreError {
  return doubtful
    ? new ThreadStoreError(
        "OUTCOME_UNKNOWN",
        `No answer within ${timeoutMs} ms: the change may have taken effect or may yet. Load the thread to see.`,
      )
    : new ThreadStoreError(
        "UNAVAILABLE",
        `The backend did not answer within ${timeoutMs} ms. Try again, or raise timeoutMs.`,
      );
}
