import { ThreadStoreError } from "@threadstore/core";
import { waitAfterConflict } from "@threadstore/core/documents";

/** How often a change starts over if other processes change the thread first. */
const MAX_ATTEMPTS = 50;

/**
 * Calls `attempt` until it resolves with a result, and again after each `CONFLICT`, or `undefined`, which mean that
 * another process has changed the thread first. Rejects with the last `CONFLICT` after 50 attempts.
 */
export async function untilUncontended<Result>(attempt: () => Promise<Result | undefined>): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
      if (count >= MAX_ATTEMPTS) throw new ThreadStoreError("CONFLICT", ALWAYS_CHANGED);
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || count >= MAX_ATTEMPTS) throw error;
    }
    await waitAfterConflict(count);
  }
}

const ALWAYS_CHANGED = "Other processes changed the thread each time. Repeat the call later.";
