import { setTimeout as wait } from "node:timers/promises";
import { ThreadStoreError } from "../errors.ts";

// What an aborted call left running ends soon, told by its signal; what hangs in a dead connection never does.
const LEFTOVERS_MAX_MS = 1000;

/** Whether a store or view is open, and what is still running on it. */
export class Lifecycle {
  #closing: Promise<void> | undefined;
  readonly #calls = new Set<Promise<unknown>>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #parent: Lifecycle | undefined;
  readonly #endsWithParent: boolean;
  readonly #release: () => Promise<void>;

  /** `release` runs once, after the last call. A view also ends with its parent, which waits for its calls. */
  constructor(parent: Lifecycle | undefined, release: () => Promise<void>, endsWithParent = true) {
    this.#parent = parent;
    this.#release = release;
    this.#endsWithParent = endsWithParent;
  }

  /** For the calls within a call that is in flight: they still run when the store is closing, which waits for it. */
  inner(): Lifecycle {
    return new Lifecycle(this, () => Promise.resolve(), false);
  }

  get closed(): boolean {
    return this.#closing !== undefined || (this.#endsWithParent && this.#parent?.closed === true);
  }

  throwIfClosed(): void {
    if (this.closed) throw new ThreadStoreError("CLOSED", "The store is closed. Open a new one.");
  }

  /** A call of the user's, which closing waits for. */
  call<T>(call: Promise<T>): Promise<T> {
    void this.#parent?.call(call);
    return remember(this.#calls, call);
  }

  /** The work of a call, which goes on for a moment when the caller has given up. */
  work<T>(work: Promise<T>): Promise<T> {
    void this.#parent?.work(work);
    return remember(this.#work, work);
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    await Promise.allSettled(this.#calls);
    if (this.#work.size > 0) {
      const gaveUp = new AbortController();
      const settled = Promise.allSettled(this.#work).finally(() => gaveUp.abort());
      await Promise.race([
        settled,
        wait(LEFTOVERS_MAX_MS, undefined, { signal: gaveUp.signal }).catch(() => settled),
      ]);
    }
    await this.#release();
  }
}

function remember<T>(set: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
  set.add(promise);
  const forget = (): void => void set.delete(promise);
  promise.then(forget, forget);
  return promise;
}
