import { deferred } from "./deferred.ts";

/**
 * Resolves with the result of `work`, or rejects with the signal's reason as soon as the signal aborts. A function is
 * not called if the signal is already aborted. The outcome of abandoned work is ignored.
 */
export async function untilAborted<T>(
  work: Promise<T> | (() => Promise<T>),
  signal: AbortSignal | undefined,
): Promise<T> {
  const start = typeof work === "function" ? work : (): Promise<T> => work;
  if (signal === undefined) return start();
  // Work that has started is raced even if the signal is already aborted: otherwise its rejection is unhandled.
  if (typeof work === "function") signal.throwIfAborted();
  const { promise: aborted, reject } = deferred<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, start()]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
