import { setTimeout as wait } from "node:timers/promises";
import { ThreadStoreError } from "../errors.ts";

// Work of an aborted call usually ends soon, because its signal has aborted. Work on a dead connection never ends.
const ABANDONED_WORK_MAX_MS = 1000;

/** Tracks whether a store or view is open, and which calls are in flight. */
export class Lifecycle {
  #closing: Promise<void> | undefined;
  readonly #calls = new Set<Promise<unknown>>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #parent: Lifecycle | undefined;
  readonly #closesWithParent: boolean;
  readonly #release: () => Promise<void>;

  /**
   * `release` runs once, after the last call. A view also closes with its parent, which waits for the view's calls.
   */
  constructor(parent: Lifecycle | undefined, release: () => Promise<void>, closesWithParent = true) {
    this.#parent = parent;
    this.#release = release;
    this.#closesWithParent = closesWithParent;
  }

  /** Returns the lifecycle of a view. */
  view(release: () => Promise<void>): Lifecycle {
    return new Lifecycle(this, release);
  }

  /** Returns a lifecycle for calls made by a call in flight. They still run while the store is closing. */
  inner(): Lifecycle {
    return new Lifecycle(this, () => Promise.resolve(), false);
  }

  get closed(): boolean {
    return this.#closing !== undefined || (this.#closesWithParent && this.#parent?.closed === true);
  }

  throwIfClosed(): void {
    if (this.closed) throw new ThreadStoreError("CLOSED", "The store is closed. Open a new one.");
  }

  /** Registers a caller's call, which `close` waits for. */
  call<T>(call: Promise<T>): Promise<T> {
    void this.#parent?.call(call);
    return track(this.#calls, call);
  }

  /** Registers the work of a call, which may continue for a moment after the caller aborted. */
  work<T>(work: Promise<T>): Promise<T> {
    void this.#parent?.work(work);
    return track(this.#work, work);
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    await Promise.allSettled(this.#calls);
    if (this.#work.size > 0) {
      const timeout = new AbortController();
      const settled = Promise.allSettled(this.#work).finally(() => timeout.abort());
      await Promise.race([
        settled,
        wait(ABANDONED_WORK_MAX_MS, undefined, { signal: timeout.signal }).catch(() => settled),
      ]);
    }
    await this.#release();
  }
}

function track<T>(promises: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
  promises.add(promise);
  const remove = (): void => void promises.delete(promise);
  promise.then(remove, remove);
  return promise;
}
