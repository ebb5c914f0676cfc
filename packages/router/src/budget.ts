import type { CallOptions } from "@threadstore/core";

/** The time limit of a call, which may consist of several calls to stores. */
export interface Budget {
  readonly signal: AbortSignal | undefined;
  /** The milliseconds that are left. */
  left(): number;
  /** Returns the options of the next call to a store: the signal and the remaining time. */
  options(): CallOptions;
}

/** Starts the time of a call. */
export function startBudget({ signal, timeoutMs }: CallOptions, defaultTimeoutMs: number): Budget {
  const deadline = performance.now() + (timeoutMs ?? defaultTimeoutMs);
  const left = (): number => Math.max(1, deadline - performance.now());
  return { signal, left, options: () => ({ signal, timeoutMs: left() }) };
}
