import type { Moment, Moments } from "./moments.ts";

/**
 * How long a process relies on having seen that a thread is not being deleted. A deletion waits longer than this after
 * it has marked the thread, and again before it removes the mark.
 */
export const LEASE_MS = 500;
const MAX_LEASES = 1000;

/** The times in which new records of threads can refer to existing ones. */
export interface Leases {
  /** Notes that a request that was sent at this moment has found no mark of a deletion. */
  readonly start: (threadId: string, sentAt: Moment) => void;
  /** Returns the start of a lease that has not ended. */
  startOf(threadId: string): Moment | undefined;
  delete(threadId: string): void;
}

export function leases({ isWithin }: Moments): Leases {
  const starts = new Map<string, Moment>();
  return {
    start(threadId, sentAt) {
      const current = starts.get(threadId);
      // A lease does not cover records that were last seen before it began, so it is not renewed each time.
      if (current !== undefined && isWithin(LEASE_MS / 2, current)) return;
      starts.delete(threadId);
      starts.set(threadId, sentAt);
      const [oldest] = starts.keys();
      if (starts.size > MAX_LEASES && oldest !== undefined) starts.delete(oldest);
    },
    startOf(threadId) {
      const start = starts.get(threadId);
      return start !== undefined && isWithin(LEASE_MS, start) ? start : undefined;
    },
    delete(threadId) {
      starts.delete(threadId);
    },
  };
}
