import { wait } from "#platform";
import { ThreadStoreError } from "../errors.ts";
import { classifyFailure, type DriverFailure } from "./driver-failure.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { OperationContext } from "./operation-context.ts";
import { untilAborted } from "./until-aborted.ts";

const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 1000;

const INITIAL_CONFLICT_DELAY_MS = 2;
const MAX_CONFLICT_DELAY_MS = 250;
/** A read can be older than the write before it, but not this often in a row. */
const MAX_CONTRADICTIONS = 8;

/** Runs a request to the driver that changes nothing, and retries it after transient failures. */
export function withRetries<T>(context: OperationContext, request: () => MaybePromise<T>): MaybePromise<T> {
  let first: MaybePromise<T>;
  begin(context);
  try {
    first = request();
  } catch (failure) {
    return retried(context, request, failure);
  }
  return isPromise(first) ? firstOrRetried(context, request, first) : first;
}

/** Usually one promise, because most attempts succeed. */
async function firstOrRetried<T>(
  context: OperationContext,
  request: () => MaybePromise<T>,
  first: Promise<T>,
): Promise<T> {
  let failure: unknown;
  try {
    return await first;
  } catch (error) {
    failure = error;
  }
  return await retried(context, request, failure);
}

async function retried<T>(
  context: OperationContext,
  request: () => MaybePromise<T>,
  firstFailure: unknown,
): Promise<T> {
  let failure = firstFailure;
  for (let failures = 1; ; failures += 1) {
    context.signal.throwIfAborted();
    await backOff(context, classifyFailure(failure), failures);
    begin(context);
    try {
      return await request();
    } catch (error) {
      failure = error;
    }
  }
}

function begin(context: OperationContext): void {
  context.signal.throwIfAborted();
  context.requests += 1;
}

/**
 * Waits before the next attempt, after `failures` failed ones. Throws the error of the failure if a retry cannot help
 * or would start after the deadline.
 */
export async function backOff(
  { options, deadline, signal }: OperationContext,
  { error, retryAfterMs }: DriverFailure,
  failures: number,
): Promise<void> {
  if (!error.retryable || failures > options.maxRetries) throw error;
  const delay = Math.max(retryAfterMs ?? 0, backoffDelay(INITIAL_DELAY_MS, failures, MAX_DELAY_MS));
  if (performance.now() + delay >= deadline) throw error;
  await wait(delay, { signal });
}

/** Counts the changes of one call that the backend refused because another version was stored. */
export interface LostRaces {
  /**
   * Waits before the change is repeated, except for the first time. `isUnchanged` says whether a read still shows the
   * version that the change was refused for. Throws `BACKEND_ERROR` if that happens again and again.
   */
  next(isUnchanged: boolean): Promise<void>;
}

export function countLostRaces({ driver, signal }: OperationContext): LostRaces {
  let count = 0;
  let contradictions = 0;
  return {
    async next(isUnchanged) {
      count += 1;
      contradictions = isUnchanged ? contradictions + 1 : 0;
      if (contradictions > MAX_CONTRADICTIONS) throw contradictory(driver.name);
      signal.throwIfAborted();
      // Waiting also lets timers run: a driver that responds synchronously never yields to the event loop.
      if (count === 1) return;
      await wait(conflictDelay(count - 1), { signal });
    },
  };
}

function contradictory(driver: string): ThreadStoreError {
  return new ThreadStoreError(
    "BACKEND_ERROR",
    `The ${driver} driver refuses changes to the version that it reads. Nothing was changed. ` +
      "Check that all its requests reach the same backend, and test the driver with @threadstore/conformance.",
  );
}

/** Returns how long a writer waits, in milliseconds, after other writers were first `conflicts` times in a row. */
export function conflictDelay(conflicts: number): number {
  return backoffDelay(INITIAL_CONFLICT_DELAY_MS, conflicts, MAX_CONFLICT_DELAY_MS);
}

/**
 * Waits before a change is repeated that lost a race `conflicts` times in a row: for 2 ms at first, then longer up to
 * 250 ms, with jitter so that the writers do not all try again at once. Rejects with the signal's reason.
 */
export async function waitAfterConflict(conflicts: number, signal?: AbortSignal): Promise<void> {
  await untilAborted(() => wait(conflictDelay(conflicts)), signal);
}

/** Returns a delay that doubles with each failure up to `max`, with jitter of up to half of it. */
function backoffDelay(initial: number, failures: number, max: number): number {
  return Math.min(initial * 2 ** (failures - 1), max) * (0.5 + Math.random() / 2);
}
