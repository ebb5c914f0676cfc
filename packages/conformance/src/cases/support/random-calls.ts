/** Enough for all calls of full effort on a slow store. */
export const RANDOM_CALLS_MS = 240_000;

/** Each call that meets a fault waits before it is retried. */
export const FAULTY_CALLS_MS = 360_000;
