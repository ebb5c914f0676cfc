import { isSystemError } from "@threadstore/core/driver";
import { driverErrorOf } from "../errors.ts";

/** Syncs the rename that committed a save or delete. If that fails, the change is visible but may not be durable. */
export async function syncCommit(sync: () => Promise<void>): Promise<void> {
  try {
    await sync();
  } catch (error) {
    throw driverErrorOf(error, { effect: "not-durable" }) ?? error;
  }
}

/** Cleans up after a durable save or delete. Ignores system errors: a later clean-up removes the leftovers. */
export async function cleanUpAfterCommit(cleanUp: () => Promise<void>): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
