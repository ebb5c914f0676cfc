import { ThreadStoreError } from "../errors.ts";
import type { CallOptions } from "../thread-store.ts";
import { deferred } from "./deferred.ts";
import type { CallDiagnostics } from "./diagnostics.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { Backend, OperationContext } from "./operation-context.ts";
import { yieldWhileWaiting } from "./yield-to-event-loop.ts";

/**
 * Runs `work` until it settles, the caller aborts or the deadline passes, whichever is first. The context's signal
 * then aborts the work that is still running, and its result is discarded. Work that does not wait needs no timer.
 */
export function withDeadline<T>(
  { driver, options, queues }: Backend,
  diagnostics: CallDiagnostics,
  { signal, timeoutMs = options.timeoutMs }: CallOptions,
  work: (context: OperationContext) => MaybePromise<T>,
): MaybePromise<T> {
  const { operation, namespace } = diagnostics;
  const controller = new AbortController();
  const deadline = performance.now() + timeoutMs;
  const state = { inDoubt: false, requests: 0, bytes: undefined };
  const call = { operation, namespace, signal: controller.signal, deadline };
  const context: OperationContext = { driver, options, queues, ...call, ...state };
  const noteCosts = (): void => {
    diagnostics.bytes = context.bytes;
    diagnostics.requests = context.requests;
  };
  let result: MaybePromise<T>;
  try {
    result = work(context);
  } finally {
    noteCosts();
  }
  if (!isPromise(result)) return result;
  yieldWhileWaiting();
  return firstOf(result, noteCosts, (onEnd) =>
    startTime(
      { signal, timeoutMs },
      () => timedOut(context, timeoutMs),
      (reason) => {
        onEnd(reason);
        controller.abort(reason);
      },
    ),
  );
}

/**
 * Settles as `work` does, or rejects when the time ends first, and calls `onSettled` once before that. `start` starts the
 * time, and returns a function that stops it. Not with `Promise.race`, which creates four more promises for each call.
 */
function firstOf<T>(
  work: Promise<T>,
  onSettled: () => void,
  start: (onEnd: (reason: unknown) => void) => () => void,
): Promise<T> {
  const { promise, resolve, reject } = deferred<T>();
  let isSettled = false;
  const settle = (report: () => void): void => {
    if (isSettled) return;
    isSettled = true;
    onSettled();
    report();
  };
  const stop = start((reason) => settle(() => reject(reason)));
  const onResult = (value: T): void => {
    stop();
    settle(() => resolve(value));
  };
  const onFailure = (error: unknown): void => {
    stop();
    settle(() => reject(error));
  };
  void work.then(onResult, onFailure);
  return promise;
}

/** A signal that aborts as soon as the caller's signal does, or when the time is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the timer, after which the signal no longer aborts. */
  readonly clear: () => void;
}

/** Starts the time of a call. When it is over, the signal's reason is the result of `timeoutError`. */
export function startDeadline(
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
  timeoutError: () => ThreadStoreError,
): Deadline {
  const controller = new AbortController();
  const clear = startTime(options, timeoutError, (reason) => controller.abort(reason));
  return { signal: controller.signal, clear };
}

/** Calls `onEnd` once, when the signal aborts or the time is over. Returns a function that prevents that. */
function startTime(
  { signal, timeoutMs }: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
  timeoutError: () => ThreadStoreError,
  onEnd: (reason: unknown) => void,
): () => void {
  const end = (reason: unknown): void => {
    clear();
    onEnd(reason);
  };
  const timer = setTimeout(() => end(timeoutError()), timeoutMs);
  const onAbort = (): void => end(signal?.reason);
  const clear = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return clear;
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
