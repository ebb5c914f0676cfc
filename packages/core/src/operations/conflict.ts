import { ThreadStoreError } from "../errors.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { readRecord, type RecordState } from "./read-record.ts";

const STALE = "The thread is no longer at the version in `previous`. Load it and try again.";

/** Creates a `CONFLICT` error. `reason` completes "Nothing was changed." */
export function conflict(reason: string, currentVersion: Version | undefined): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", `${reason} Nothing was changed.`, { currentVersion });
}

/** Creates the error for an append to a thread that does not exist. */
export function missingThread(): ThreadStoreError {
  const reason =
    "The thread does not exist, and the append did not specify `create`. " +
    "Pass a thread to append to as `create`, or save one first.";
  return conflict(reason, undefined);
}

/** Creates the error for a version in `previous` that is not the stored one. */
export function staleVersion(stored: Pick<RecordState, "state" | "version"> | undefined): ThreadStoreError {
  return conflict(STALE, stored?.state === "live" ? stored.version : undefined);
}

/** Creates the error for a precondition that failed at the backend, with the current version if it can be read. */
export async function lostRace(context: OperationContext, key: ThreadKey): Promise<ThreadStoreError> {
  let stored: RecordState | undefined;
  try {
    stored = await readRecord(context, key);
  } catch (error) {
    // The conflict is certain even without the current version.
    if (!ThreadStoreError.is(error)) throw error;
  }
  return staleVersion(stored);
}
