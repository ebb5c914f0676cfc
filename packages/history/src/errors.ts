import { ThreadStoreError } from "@threadstore/core";

/** Creates the error for a history that cannot be read. `corruption` is a clause that says what is wrong with it. */
export function corruptHistory(corruption: string): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `The thread's history is corrupt: ${corruption}. It was not changed. ` +
      "Restore it from a backup, or delete the thread, or save it with `overwrite: true`.",
  );
}
