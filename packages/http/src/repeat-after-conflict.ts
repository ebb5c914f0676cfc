import { ThreadStoreError } from "@threadstore/core";
import { waitAfterConflict } from "@threadstore/core/documents";

const MAX_ATTEMPTS = 50;

/** Repeats a change if another request changed the thread first, after a random backoff delay. */
export async function repeatAfterConflict<Result>(
  signal: AbortSignal,
  change: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempt === MAX_ATTEMPTS) throw error;
    }
    await waitAfterConflict(attempt, signal);
  }
}
