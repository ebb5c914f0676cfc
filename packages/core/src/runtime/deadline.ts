import { ThreadStoreError } from "../errors.ts";
import type { CallOptions } from "../thread-store.ts";
import { deferred } from "./deferred.ts";
import type { Backend, OperationContext } from "./operation-context.ts";

/**
 * Runs `work` until it settles, the caller aborts or the deadline passes, whichever is first. The context's signal
 * then aborts the work that is still running, and its result is discarded.
 */
export async function withDeadline<T>(
  parts: Backend & Pick<OperationContext, "operation" | "namespace">,
  { signal: callerSignal, timeoutMs = parts.options.timeoutMs }: CallOptions,
  work: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const { promise: ended, reject } = deferred<never>();
  const { signal, clear } = startDeadline(
    { signal: callerSignal, timeoutMs },
    () => timedOut(context, timeoutMs),
    reject,
  );
  const context: OperationContext = {
    ...parts,
    signal,
    deadline: performance.now() + timeoutMs,
    inDoubt: false,
    requests: 0,
    bytes: undefined,
  };
  try {
    return await Promise.race([work(context), ended]);
  } finally {
    clear();
  }
}

/** A signal that aborts as soon as the caller's signal does, or when the time is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the timer, after which the signal no longer aborts. */
  readonly clear: () => void;
}

/** Starts the time of a call. When it is over, the signal's reason is the result of `timeoutError`. */
export function startDeadline(
  { signal, timeoutMs }: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
  timeoutError: () => ThreadStoreError,
  onEnd: (reason: unknown) => void = () => {},
): Deadline {
  const controller = new AbortController();
  const end = (reason: unknown): void => {
    onEnd(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => end(signal?.reason);
  const timer = setTimeout(() => end(timeoutError()), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

function timedOut({ inDoubt }: OperationContext, timeoutMs: number): ThreadStoreError {
  return inDoubt
    ? new ThreadStoreError(
        "OUTCOME_UNKNOWN",
        `The backend did not respond within ${timeoutMs} ms, and it is unknown whether the write was applied or still will be. Load the thread before you decide whether to repeat the call.`,
      )
    : noResponse(timeoutMs);
}

/** Creates the error for a call that ran out of time before anything was written. */
export function noResponse(timeoutMs: number): ThreadStoreError {
  return new ThreadStoreError(
    "UNAVAILABLE",
    `The backend did not respond within ${timeoutMs} ms. Try again, or raise \`timeoutMs\`.`,
  );
}
