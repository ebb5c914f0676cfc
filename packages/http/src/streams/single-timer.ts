/** Calls a function at the earliest of the times that are asked for. */
export class SingleTimer {
  readonly #call: () => void;
  #timer: { readonly time: number; readonly handle: ReturnType<typeof setTimeout> } | undefined;

  constructor(call: () => void) {
    this.#call = call;
  }

  /** Calls the function at a time of `performance.now()`, unless a call is due before. */
  schedule(time: number): void {
    if (this.#timer !== undefined && this.#timer.time <= time) return;
    this.cancel();
    const call = (): void => {
      this.#timer = undefined;
      this.#call();
    };
    const handle = setTimeout(call, Math.max(0, time - performance.now()));
    // It does not keep the process running.
    if (typeof handle === "object") handle.unref();
    this.#timer = { time, handle };
  }

  cancel(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }
}
