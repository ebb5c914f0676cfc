/** A clock that only moves when told to. */
export interface Clock {
  /** For `StoreOptions.now`. */
  readonly now: () => number;
  advance(milliseconds: number): void;
}

/**
 * Creates a clock that starts at the current time, so that a backend with native expiry does not delete records at once,
 * and at a full second, so that its times are easy to recognize.
 */
export function stoppedClock(): Clock {
  let time = Math.ceil(Date.now() / 1000) * 1000;
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds;
    },
  };
}
