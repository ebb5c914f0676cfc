import { ThreadStoreError } from "@threadstore/core";

/** Creates the error for a stored thread that cannot be decompressed. `remedy` is a sentence without its full stop. */
export function corrupt(
  corruption: string,
  remedy = "Restore the record from a backup",
  cause?: unknown,
): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `${corruption} It was not changed. ${remedy}, or delete the thread, or save it with \`overwrite: true\`.`,
    cause === undefined ? {} : { cause },
  );
}
