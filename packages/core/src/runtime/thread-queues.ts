import type { ThreadKey } from "../thread-driver.ts";
import { deferred } from "./deferred.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Runs changes to one thread one after the other, in the order of the calls. Without it, concurrent appends of one
 * process would race at the backend, where all but one lose, wait and try again.
 */
export class ThreadQueues {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>({ namespace, id }: ThreadKey, signal: AbortSignal, change: () => Promise<T>): Promise<T> {
    const name = `${namespace.length} ${namespace}${id}`;
    const before = this.#last.get(name);
    const { promise: changed, resolve: end } = deferred<void>();
    // A call that is aborted while it waits must not let the next one overtake those before it.
    const ended = Promise.all([before, changed]);
    this.#last.set(name, ended);
    try {
      if (before !== undefined) await untilAborted(before, signal);
      return await change();
    } finally {
      end();
      if (this.#last.get(name) === ended) void this.#forget(name, ended);
    }
  }

  /** Removes the last call from the queue once it and those before it have ended, unless another one follows. */
  async #forget(name: string, ended: Promise<unknown>): Promise<void> {
    await ended;
    if (this.#last.get(name) === ended) this.#last.delete(name);
  }
}
