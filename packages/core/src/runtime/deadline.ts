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
  { signal, timeoutMs = parts.options.timeoutMs }: CallOptions,
  work: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: ended, reject } = deferred<never>();
  const context: OperationContext = {
    ...parts,
    signal: controller.signal,
    deadline: performance.now() + timeoutMs,
    inDoubt: false,
    requests: 0,
    bytes: undefined,
  };
  const end = (reason: unknown): void => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => end(signal?.reason);
  const timer = setTimeout(() => end(timedOut(context, timeoutMs)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(context), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function timedOut({ inDoubt }: OperationContext, timeoutMs: number): ThreadStoreError {
  return inDoubt
    ? new ThreadStoreError(
        "OUTCOME_UNKNOWN",
        `The backend did not respond within ${timeoutMs} ms, and it is unknown whether the write was applied or still will be. Load the thread before you decide whether to repeat the call.`,
      )
    : new ThreadStoreError(
        "UNAVAILABLE",
        `The backend did not respond within ${timeoutMs} ms. Try again, or raise \`timeoutMs\`.`,
      );
}
