import { ThreadStoreError } from "@threadstore/core";
import { repeatAfterConflict } from "@threadstore/core/documents";

/**
 * Calls `attempt` until it resolves with a result, and again after each `CONFLICT`, or `undefined`, which mean that
 * another process has changed the thread first. Rejects with the last `CONFLICT` after 50 attempts.
 */
export async function untilUncontended<Result>(attempt: () => Promise<Result | undefined>): Promise<Result> {
  return repeatAfterConflict(async () => {
    const result = await attempt();
    if (result === undefined) throw new ThreadStoreError("CONFLICT", ALWAYS_CHANGED);
    return result;
  });
}

const ALWAYS_CHANGED = "Other processes changed the thread each time. Repeat the call later.";
