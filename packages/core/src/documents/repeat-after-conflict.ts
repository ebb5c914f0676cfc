import { ThreadStoreError } from "../errors.ts";
import { waitAfterConflict } from "../runtime/retry.ts";

const MAX_ATTEMPTS = 50;

/**
 * Calls `change` again, after a delay, as long as it rejects with `CONFLICT`, because another writer was first. Rejects
 * with the 50th `CONFLICT`, with any other error at once, and with the signal's reason.
 */
export async function repeatAfterConflict<Result>(
  change: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await change();
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempts === MAX_ATTEMPTS) throw error;
    }
    await waitAfterConflict(attempts, signal);
  }
}
