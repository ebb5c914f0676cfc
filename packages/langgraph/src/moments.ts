/** A moment on two clocks: one can be adjusted, and the other can stop while the machine is suspended. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** The clocks of a process. */
export interface Moments {
  readonly now: () => Moment;
  /** Returns whether less than `duration` milliseconds have passed, on both clocks. */
  readonly isWithin: (duration: number, since: Moment) => boolean;
}

export function moments(wallClock: () => number): Moments {
  const now = (): Moment => ({ wall: wallClock(), monotonic: performance.now() });
  return {
    now,
    isWithin(duration, since) {
      const { wall, monotonic } = now();
      return wall - since.wall < duration && monotonic - since.monotonic < duration;
    },
  };
}
