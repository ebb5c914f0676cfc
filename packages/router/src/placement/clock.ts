import { untilAborted } from "@threadstore/core/documents";

/** The time of two clocks: one that never goes back, and one that keeps running while the machine is suspended. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** Measures how old knowledge is, in milliseconds. */
export interface Clock {
  now(): Moment;
  /** Returns the time since a moment, by the clock that shows the longer time. */
  since(moment: Moment): number;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => ({ steady: performance.now(), wall: Date.now() }),
  since: ({ steady, wall }) => Math.max(performance.now() - steady, Date.now() - wall),
  async wait(ms, signal) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    try {
      await untilAborted(elapsed, signal);
    } finally {
      clearTimeout(timer);
    }
  },
};
