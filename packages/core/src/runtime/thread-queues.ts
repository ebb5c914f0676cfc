import type { ThreadKey } from "../thread-driver.ts";
import { deferred } from "./deferred.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Runs changes to one thread one after the other, in the order of the calls. Without it, concurrent appends of one
 * process would race at the backend, where all but one lose, wait and try again.
 */
export class ThreadQueues {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs `change` once those before it have ended, however they ended. Rejects with the signal's reason if it aborts
   * before that. If it aborts later, the next change no longer waits for this one, which may never end.
   */
  run<T>(key: ThreadKey, signal: AbortSignal, change: () => MaybePromise<T>): MaybePromise<T> {
    const name = `${key.namespace.length} ${key.namespace}${key.id}`;
    const before = this.#last.get(name);
    if (before !== undefined) return this.#enqueue(name, before, signal, change);
    const result = change();
    return isPromise(result) ? this.#enqueue(name, undefined, signal, () => result) : result;
  }

  async #enqueue<T>(
    name: string,
    before: Promise<void> | undefined,
    signal: AbortSignal,
    change: () => MaybePromise<T>,
  ): Promise<T> {
    const { promise: changed, resolve } = deferred<void>();
    const end = (): void => resolve();
    // A call that is aborted while it waits must not let the next one overtake those before it.
    const ended = endOfBoth(before, changed);
    this.#last.set(name, ended);
    signal.addEventListener("abort", end, { once: true });
    try {
      if (before !== undefined) await untilAborted(before, signal);
      return await change();
    } finally {
      signal.removeEventListener("abort", end);
      end();
      if (this.#last.get(name) === ended) void this.#forget(name, ended);
    }
  }

  /** Removes the last call from the queue once it and those before it have ended, unless another one follows. */
  async #forget(name: string, ended: Promise<void>): Promise<void> {
    await ended;
    if (this.#last.get(name) === ended) this.#last.delete(name);
  }
}

/** `Promise.all` would resolve with the results before it, and so keep those of every earlier call in memory. */
async function endOfBoth(before: Promise<void> | undefined, changed: Promise<void>): Promise<void> {
  await before;
  await changed;
}
