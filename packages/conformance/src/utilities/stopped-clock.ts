/** A clock that stands still until it is moved. */
export interface Clock {
  /** For `StoreOptions.now`. */
  readonly now: () => number;
  advance(milliseconds: number): void;
}

/**
 * Starts at the real time, so that a backend that expires records by its own clock does not remove them at once,
 * and in whole seconds, so that the times of a case can be told from those of another.
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
