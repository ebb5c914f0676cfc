import { ThreadStoreError } from "../errors.ts";

/** Creates the error for an invalid argument. `message` states the rule that the argument violates. */
export function invalidArgument(message: string, cause?: unknown): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}
