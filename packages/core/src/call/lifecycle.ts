import { ThreadStoreError } from "../errors.ts";

/** Whether a store or view is open, and what is still running on it. */
export class Lifecycle {
  #running = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  readonly #parent: Lifecycle | undefined;
  readonly #release: () => Promise<void>;

  /** `release` runs once, after the last call. A view also ends with its parent, whose calls count its own. */
  constructor(parent: Lifecycle | undefined, release: () => Promise<void>) {
    this.#parent = parent;
    this.#release = release;
  }

  get closed(): boolean {
    return this.#closing !== undefined || this.#parent?.closed === true;
  }

  throwIfClosed(): void {
    if (this.closed) throw new ThreadStoreError("CLOSED", "The store is closed. Open a new one.");
  }

  enter(): void {
    this.#parent?.enter();
    this.#running += 1;
  }

  leave(): void {
    this.#parent?.leave();
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle?.();
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    if (this.#running > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      await promise;
    }
    await this.#release();
  }
}
