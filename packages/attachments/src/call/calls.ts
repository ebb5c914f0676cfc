import { type CallOptions, ThreadStoreError } from "@threadstore/core";
import { invalidArgument } from "../failures.ts";

/** The calls of a store or view: refused once it is closed, and waited for when it closes. */
export class Calls {
  readonly #around: readonly Calls[];
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** Those of a view are also those of the views and the store `around` it. */
  constructor(around: readonly Calls[] = []) {
    this.#around = around;
  }

  /** For a view of this one. */
  within(): Calls {
    return new Calls([...this.#around, this]);
  }

  /** Runs `work`, which begins at once: what it takes from its arguments before it waits is as it was given. */
  async run<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
    const all = [...this.#around, this];
    if (all.some((each) => each.#closing !== undefined)) {
      throw new ThreadStoreError("CLOSED", "The store is closed. Open a new one.");
    }
    if (typeof options !== "object" || options === null) throw invalidArgument("Options are an object.");
    const call = work();
    for (const each of all) each.#running.add(call);
    try {
      return await call;
    } finally {
      for (const each of all) each.#running.delete(call);
    }
  }

  /** Waits for what is running, then releases; once, however often it is called. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(release);
    return this.#closing;
  }
}
