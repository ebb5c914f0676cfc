import { ThreadStoreError } from "../errors.ts";
import { waitAfterConflict } from "../runtime/retry.ts";
import { untilAborted } from "../runtime/until-aborted.ts";
import type { StoredThread, ThreadStore, UpdateChange, UpdateOptions } from "../thread-store.ts";
import { checkedCallOptions } from "../validation/call-options.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";

/**
 * Implements `ThreadStore.update` for any store: loads, changes and saves the thread, and starts over after a
 * conflict. For implementations of `ThreadStore` without a driver.
 */
export async function updateThread(
  store: Pick<ThreadStore, "load" | "save">,
  id: string,
  change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
  options: UpdateOptions = {},
): Promise<StoredThread | undefined> {
  const { maxAttempts = 50, signal, timeoutMs, ...saveOptions } = checkedCallOptions("update", options);
  if (typeof change !== "function") {
    throw invalidArgument(
      "The second argument of `update` must be a function that returns the thread to store.",
    );
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw invalidArgument("`maxAttempts` must be an integer of at least 1.");
  }
  for (let attempts = 1; ; attempts += 1) {
    const current = await store.load(id, { signal, timeoutMs });
    const thread = await untilAborted(async () => change(current), signal);
    if (thread === null) return current;
    if (thread === undefined) {
      // Probably changes `current.thread` and does not return it, which would lose the change.
      throw invalidArgument(
        "The function passed to `update` must return the thread to store, or null to keep it.",
      );
    }
    try {
      return await store.save(id, thread, { ...saveOptions, previous: current, signal, timeoutMs });
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempts === maxAttempts) throw error;
    }
    await waitAfterConflict(attempts, signal);
  }
}
