import { wait } from "#platform";
import { ThreadStoreError } from "../errors.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

// Work of an aborted call usually ends soon, because its signal has aborted. Work on a dead connection never ends.
const ABANDONED_WORK_MAX_MS = 1000;

/** Tracks whether a store or view is open, and which calls are in flight. */
export class Lifecycle {
  #closing: Promise<void> | undefined;
  readonly #calls = new InFlight();
  readonly #work = new InFlight();
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

  /** Tracks the work of a call, which may continue for a moment after the caller aborted. */
  work<T>(result: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(result)) return result;
    this.enter("work");
    const leave = (): void => this.leave("work");
    // The caller observes the promise, too, and handles its rejection.
    void result.then(leave, leave);
    return result;
  }

  /** Notes the beginning of a caller's call, which `close` waits for, or of work that has to wait. */
  enter(kind: "call" | "work"): void {
    this.#parent?.enter(kind);
    this.#inFlight(kind).enter();
  }

  /** Notes its end. */
  leave(kind: "call" | "work"): void {
    this.#parent?.leave(kind);
    this.#inFlight(kind).leave();
  }

  #inFlight(kind: "call" | "work"): InFlight {
    return kind === "call" ? this.#calls : this.#work;
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    await this.#calls.ended();
    const timeout = new AbortController();
    const ended = this.#work.ended().finally(() => timeout.abort());
    await Promise.race([ended, wait(ABANDONED_WORK_MAX_MS, { signal: timeout.signal }).catch(() => ended)]);
    await this.#release();
  }
}

/**
 * Counts the operations in progress. It does not observe promises: for the stack of an error, engines find the caller
 * of an asynchronous function only while its promise has a single observer.
 */
class InFlight {
  #count = 0;
  #onEnd: (() => void) | undefined;

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onEnd?.();
  }

  /** Resolves once nothing is in flight. Called once. */
  async ended(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
    });
  }
}
