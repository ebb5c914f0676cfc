import { immediate } from "#platform";
import type { MaybePromise } from "./maybe-promise.ts";

/** How long calls may follow one another before the event loop gets to other work. */
const MAX_BLOCKING_MS = 10;

/** Set by the first call, because the first use of `performance` loads ten modules of Node.js. */
let lastYield: number | undefined;

/**
 * Resolves with the result of `call`, after yielding to the event loop if that has not happened for a while. A driver
 * that responds synchronously never yields, so a loop of calls would block timers, sockets and other requests until
 * it ends.
 */
export async function yieldToEventLoopAfter<T>(call: MaybePromise<T>): Promise<T> {
  try {
    return await call;
  } finally {
    if (isYieldDue()) await yieldToEventLoop();
  }
}

/**
 * Returns whether the event loop has been blocked for a while. For loops within a call. Tests that replace the clock
 * can leave `lastYield` in the future, which must not stop all later calls from yielding.
 */
export function isYieldDue(): boolean {
  const now = performance.now();
  lastYield ??= now;
  return Math.abs(now - lastYield) >= MAX_BLOCKING_MS;
}

export async function yieldToEventLoop(): Promise<void> {
  await immediate();
  lastYield = performance.now();
}
