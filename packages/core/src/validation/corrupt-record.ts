import { ThreadStoreError } from "../errors.ts";

/** Creates the error for a corrupt record. `corruption` is a clause that says what is wrong with it. */
export function corruptRecord(corruption: string): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `The stored record is corrupt: ${corruption}. It was not changed. ` +
      "Restore it from a backup, delete the thread, or save with `overwrite: true`.",
  );
}
