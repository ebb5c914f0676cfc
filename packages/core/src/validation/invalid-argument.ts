import { ThreadStoreError } from "../errors.ts";

/** The error for what a caller passed and must not: `message` says the rule. */
export function invalidArgument(message: string, cause?: unknown): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}
