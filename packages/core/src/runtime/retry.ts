import { setTimeout as wait } from "node:timers/promises";
import { classifyFailure, type DriverFailure } from "./driver-failure.ts";
import type { OperationContext } from "./operation-context.ts";

const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 1000;

/** Runs a request to the driver that changes nothing, and retries it after transient failures. */
export async function withRetries<T>(context: OperationContext, request: () => Promise<T>): Promise<T> {
  for (let failures = 0; ;) {
    context.signal.throwIfAborted();
    context.requests += 1;
    try {
      return await request();
    } catch (cause) {
      context.signal.throwIfAborted();
      failures += 1;
      await backOff(context, classifyFailure(cause), failures);
    }
  }
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
  await wait(delay, undefined, { signal });
}

/** Returns a delay that doubles with each failure up to `max`, with jitter of up to half of it. */
export function backoffDelay(initial: number, failures: number, max: number): number {
  return Math.min(initial * 2 ** (failures - 1), max) * (0.5 + Math.random() / 2);
}
