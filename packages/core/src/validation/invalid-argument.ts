import { ThreadStoreError } from "../errors.ts";

/** Creates the error for an invalid argument. `message` states the rule that the argument violates. */
export function invalidArgument(message: string, cause?: unknown): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}

/**
 * Returns the result of `read`, which reads an argument of the caller. Getters, methods and Proxy traps of it may throw
 * anything: that becomes the cause of an `INVALID_ARGUMENT`. `subject` begins the message.
 */
export function readArgument<Result>(subject: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (isOwnError(cause)) throw cause;
    throw invalidArgument(
      `${subject} cannot be read, because a getter, a method or a Proxy trap in it threw. Pass plain data. The property \`cause\` of this error is what was thrown.`,
      cause,
    );
  }
}

/** A caller's code can throw a Proxy that throws when it is inspected. */
function isOwnError(cause: unknown): boolean {
  try {
    return ThreadStoreError.is(cause);
  } catch {
    return false;
  }
}
