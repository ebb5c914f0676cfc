import { ThreadStoreError } from "@threadstore/core";
import type { DecoratedCall, DecoratedOperations } from "@threadstore/core/decorator";

/**
 * Returns operations that reject when the caller's signal aborts, even while they wait for a key service, which does not
 * know the signal. Those that only read also end in the caller's time. A change does not: it could be reported as not
 * applied while the inner store applies it. The time limit of the key service ends it.
 */
export function withinCalls<State>(operations: DecoratedOperations<State>): DecoratedOperations<State> {
  return {
    ...operations,
    load: (load, call) => withinCall(call, call.timeoutMs, operations.load(load, call)),
    listPage: (options, call) => withinCall(call, call.timeoutMs, operations.listPage(options, call)),
    save: (save, call) => withinCall(call, undefined, operations.save(save, call)),
    append: (append, call) => withinCall(call, undefined, operations.append(append, call)),
    touch: (touch, call) => withinCall(call, undefined, operations.touch(touch, call)),
  };
}

async function withinCall<Result>(
  { signal }: DecoratedCall,
  timeoutMs: number | undefined,
  work: Promise<Result>,
): Promise<Result> {
  if (signal === undefined && timeoutMs === undefined) return work;
  const ending = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => {
    const options = { signal: ending.signal };
    signal?.addEventListener("abort", () => reject(signal.reason as Error), options);
    if (timeoutMs === undefined) return;
    const timer = setTimeout(() => reject(tooSlow()), timeoutMs);
    ending.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    ending.abort();
  }
}

function tooSlow(): ThreadStoreError {
  return new ThreadStoreError(
    "UNAVAILABLE",
    "The store or the key service did not answer in the time of the call. Try again, or raise `timeoutMs`.",
  );
}
