import { setTimeout as wait } from "node:timers/promises";
import { ThreadStoreError } from "../errors.ts";
import { jittered } from "../runtime/retry.ts";
import { untilAborted } from "../runtime/until-aborted.ts";
import type { StoredThread, ThreadStore, UpdateChange, UpdateOptions } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";

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
  if (typeof change !== "function") {
    throw invalidArgument("update takes a function that returns the thread to store.");
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw invalidArgument("maxAttempts is a whole number above 0.");
  }
  for (let attempts = 1; ; attempts += 1) {
    const current = await store.load(id, { signal, timeoutMs });
    const thread = await untilAborted(async () => change(current), signal);
    if (thread === null) return current;
    if (thread === undefined) {
      // Most likely it changed `current.thread` in place and forgot to return it: nothing would be saved.
      throw invalidArgument("The change of an update returns the thread to store, or null to leave it.");
    }
    try {
      return await store.save(id, thread, { ...saveOptions, previous: current, signal, timeoutMs });
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempts === maxAttempts) throw error;
    }
    await untilAborted(() => wait(jittered(FIRST_DELAY_MS, attempts, LONGEST_DELAY_MS)), signal);
  }
}
