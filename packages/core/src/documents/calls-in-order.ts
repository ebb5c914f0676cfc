/** Runs a call after the earlier calls with the same key, however they ended. Resolves or rejects like the call. */
export type CallQueue = <Result>(call: () => Promise<Result>, key?: string) => Promise<Result>;

/**
 * Returns a function that runs calls one after the other, in their order, so that callers do not have to await each of
 * them. Calls with different keys do not wait for each other. Nothing is kept of calls that have ended.
 */
export function callsInOrder(): CallQueue {
  const last = new Map<string, Promise<unknown>>();
  return async (call, key = "") => {
    const result = Promise.resolve(last.get(key)).then(call, call);
    last.set(key, result);
    try {
      return await result;
    } finally {
      if (last.get(key) === result) last.delete(key);
    }
  };
}
