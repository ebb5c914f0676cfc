import { immediate } from "#platform";
import type { MaybePromise } from "./maybe-promise.ts";

/** How long calls may follow one another before the event loop gets to other work. */
const MAX_BLOCKING_MS = 10;

/** Set by the first call, because the first use of `performance` loads ten modules of Node.js. */
let lastYield: number | undefined;

/**
 * Resolves with the result of `call`, after yielding to the event loop if that has not happened for a while, and calls
 * `onEnd` before that. A driver that responds synchronously never yields, so a loop of calls would block timers, sockets
 * and other requests until it ends.
 */
export async function yieldToEventLoopAfter<T>(call: MaybePromise<T>, onEnd: () => void): Promise<T> {
  try {
    return await call;
  } finally {
    if (isYieldDue()) await yieldToEventLoop();
    onEnd();
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

let isYielding = false;

/**
 * Yields to the event loop while a call waits for its backend, if that is due. If the response takes longer than that,
 * which it does over a network, the call need not yield after it.
 */
export function yieldWhileWaiting(): void {
  if (!isYielding && isYieldDue()) void yieldOnce();
}

async function yieldOnce(): Promise<void> {
  isYielding = true;
  await yieldToEventLoop();
  isYielding = false;
}
