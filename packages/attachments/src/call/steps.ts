import type { CallOptions } from "@threadstore/core";

/** The options of the next call to the store beneath: the caller's signal, and the time that is left. */
export type NextStep = () => CallOptions;

/**
 * The steps of one call. A `timeoutMs` of the call holds for all of them together; without one, each has the time
 * that the store beneath gives a call.
 */
export function stepsOf({ signal, timeoutMs }: CallOptions): NextStep {
  // A wrong one goes to the store beneath as it is, to be refused there.
  if (typeof timeoutMs !== "number" || !(timeoutMs >= 1)) return () => ({ signal, timeoutMs });
  const deadline = performance.now() + timeoutMs;
  return () => ({ signal, timeoutMs: Math.max(1, Math.min(timeoutMs, deadline - performance.now())) });
}
