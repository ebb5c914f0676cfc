import { setTimeout as wait } from "node:timers/promises";
import { type Failure, failureOf } from "./driver-failure.ts";
import type { Call } from "./operation-context.ts";

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1000;

/** Asks the driver for something that changes nothing, again while the failure is a passing one. */
export async function attempt<T>(call: Call, step: () => Promise<T>): Promise<T> {
  for (let failed = 0; ;) {
    call.signal.throwIfAborted();
    call.requests += 1;
    try {
      return await step();
    } catch (cause) {
      call.signal.throwIfAborted();
      failed += 1;
      await pauseAfter(call, failureOf(call.driver, cause), failed);
    }
  }
}

/**
 * Waits before the next try after the `failed`-th failure; throws the failure's error when trying again
 * cannot help, or not within the call's time.
 */
export async function pauseAfter(
  call: Call,
  { error, retryAfterMs }: Failure,
  failed: number,
): Promise<void> {
  if (!error.retryable || failed > call.options.maxRetries) throw error;
  const delay = Math.max(retryAfterMs ?? 0, jittered(FIRST_DELAY_MS, failed, LONGEST_DELAY_MS));
  if (performance.now() + delay >= call.deadline) throw error;
  await wait(delay, undefined, { signal: call.signal });
}

/** A delay that doubles with each failure up to `longest`, less a random half so that clients spread out. */
export function jittered(first: number, failed: number, longest: number): number {
  return Math.min(first * 2 ** (failed - 1), longest) * (0.5 + Math.random() / 2);
}
