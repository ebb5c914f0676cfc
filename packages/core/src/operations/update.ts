import { setTimeout as wait } from "node:timers/promises";
import { ThreadStoreError } from "../errors.ts";
import { jittered } from "../call/retry.ts";
import type { StoredThread, ThreadStore, UpdateChange, UpdateOptions } from "../thread-store.ts";

const FIRST_DELAY_MS = 2;
const LONGEST_DELAY_MS = 250;

/**
 * `ThreadStore.update` for any store: loads, changes and saves, again from the start when another writer was
 * faster. For whoever implements `ThreadStore` without a driver.
 */
export async function updateThread(
  store: Pick<ThreadStore, "load" | "save">,
  id: string,
  change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
  { maxAttempts = 50, signal, timeoutMs, ...saveOptions }: UpdateOptions = {},
): Promise<StoredThread | undefined> {
  if (typeof change !== "function")
    throw invalid("update takes a function that returns the thread to store.");
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1)
    throw invalid("maxAttempts is a whole number above 0.");
  for (let attempts = 1; ; attempts += 1) {
    const current = await store.load(id, { signal, timeoutMs });
    const thread = await change(current);
    if (thread === undefined) return current;
    try {
      return await store.save(id, thread, { ...saveOptions, previous: current, signal, timeoutMs });
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempts === maxAttempts) throw error;
    }
    await pause(jittered(FIRST_DELAY_MS, attempts, LONGEST_DELAY_MS), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal });
  } catch (error) {
    // The timer rejects with an error of its own; the promise made is the signal's reason.
    signal?.throwIfAborted();
    throw error;
  }
}

function invalid(message: string): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message);
}
