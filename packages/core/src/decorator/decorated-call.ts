import { noResponse, startDeadline } from "../runtime/deadline.ts";
import type { ThreadQueues } from "../runtime/thread-queues.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { CallOptions } from "../thread-store.ts";
import { DEFAULT_TIMEOUT_MS } from "../validation/store-options.ts";
import type { DecoratedCall } from "./thread-store-decorator.ts";

export function decoratedCall({ signal, timeoutMs }: CallOptions): DecoratedCall {
  if (timeoutMs === undefined) return { signal, timeoutMs, options: () => ({ signal }) };
  const deadline = performance.now() + timeoutMs;
  return {
    signal,
    timeoutMs,
    options: () => ({ signal, timeoutMs: Math.max(1, deadline - performance.now()) }),
  };
}

/** Runs a change that waits for earlier ones of the same thread. */
export type RunInOrder = <Result>(
  key: ThreadKey,
  options: CallOptions,
  change: (call: DecoratedCall) => Promise<Result>,
) => Promise<Result>;

/**
 * Returns a function that runs appends and touches of one thread in the order of the calls. The time limit, by default
 * that of the inner store, includes the wait. While a change runs, the calls to the inner store apply it, because only
 * they know whether a write is in doubt.
 */
export function runInOrder(queues: ThreadQueues, innerTimeoutMs: number = DEFAULT_TIMEOUT_MS): RunInOrder {
  return async (key, { signal, timeoutMs = innerTimeoutMs }, change) => {
    const call = decoratedCall({ signal, timeoutMs });
    const deadline = startDeadline({ signal, timeoutMs }, () => noResponse(timeoutMs));
    try {
      return await queues.run(key, deadline.signal, () => change(call));
    } finally {
      deadline.clear();
    }
  };
}
