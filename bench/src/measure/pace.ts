/** Divides the time of a run among its cases. */
export interface Pace {
  /** Returns the time in milliseconds. */
  readonly now: () => number;
  /** Whether the time is up, so that nothing else may start. */
  readonly isOver: () => boolean;
  /** Starts a case, and returns whether its share of the remaining time is left. `cases` counts it and all others. */
  readonly share: (cases: number) => () => boolean;
}

/** Returns the pace of a run that starts now; without `minutes`, its time does not end. */
export function paceOf(minutes: number | undefined, now: () => number = () => performance.now()): Pace {
  const end = now() + (minutes ?? Infinity) * 60_000;
  return {
    now,
    isOver: () => now() >= end,
    share(cases) {
      const until = now() + (end - now()) / cases;
      return () => now() < until;
    },
  };
}
