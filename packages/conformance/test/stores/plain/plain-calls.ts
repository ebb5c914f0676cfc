import { type CallOptions, ThreadStoreError } from "@threadstore/core";
import { checkedCall } from "./plain-arguments.ts";

/** Reads arguments, which may run code of the caller that throws. */
function readArguments<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (ThreadStoreError.is(cause)) throw cause;
    throw new ThreadStoreError("INVALID_ARGUMENT", "An argument cannot be read. Pass plain data.", { cause });
  }
}

/** The calls of a store or view. Closing waits for pending calls, and later calls are rejected. */
export class PlainCalls {
  readonly #parent: PlainCalls | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor(parent: PlainCalls | undefined) {
    this.#parent = parent;
  }

  /**
   * Validates the arguments with `prepare`, yields to the event loop as a backend would, and then runs the returned
   * function.
   */
  run<T>(options: CallOptions, names: readonly string[], prepare: () => () => T | Promise<T>): Promise<T> {
    const running = this.#run(options, names, prepare);
    this.#track(running);
    return running;
  }

  /** Resolves when no call is pending. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #run<T>(
    options: CallOptions,
    names: readonly string[],
    prepare: () => () => T | Promise<T>,
  ): Promise<T> {
    if (this.#isClosed()) throw new ThreadStoreError("CLOSED", "The store is closed.");
    const { signal } = readArguments(() => checkedCall(options, names));
    signal?.throwIfAborted();
    const work = readArguments(prepare);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    return work();
  }

  #track(running: Promise<unknown>): void {
    if (this.#parent !== undefined) this.#parent.#track(running);
    this.#running.add(running);
    const forget = (): void => void this.#running.delete(running);
    running.then(forget, forget);
  }

  #isClosed(): boolean {
    return this.#closed || (this.#parent !== undefined && this.#parent.#isClosed());
  }
}
