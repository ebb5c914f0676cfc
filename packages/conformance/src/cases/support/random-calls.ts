export const RANDOM_CALLS_MS = 60_000;

/** Each call that meets a fault waits before it is retried. */
export const FAULTY_CALLS_MS = 120_000;
