import { isSystemError, type MaybePromise } from "@threadstore/core/driver";
import { driverErrorOf } from "../errors.ts";
import { catching } from "../system/steps.ts";

/** Syncs the rename that committed a save or delete. If that fails, the change is visible but may not be durable. */
export function syncCommit(sync: () => MaybePromise<void>): MaybePromise<void> {
  return catching(sync, (error) => {
    throw driverErrorOf(error, { effect: "not-durable" }) ?? error;
  });
}

/** Cleans up after a durable save or delete. Ignores system errors: a later clean-up removes the leftovers. */
export async function cleanUpAfterCommit(cleanUp: () => Promise<void>): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
