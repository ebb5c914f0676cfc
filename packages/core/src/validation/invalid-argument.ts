import { ThreadStoreError } from "../errors.ts";

/** Creates the error for an invalid argument. `message` states the rule that the argument violates. */
export function invalidArgument(message: string, cause?: unknown): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}

/**
 * Returns the result of `read`, which reads an argument of the caller. Getters, methods and Proxy traps of it may throw
 * anything, including a `ThreadStoreError`: that becomes the cause of an `INVALID_ARGUMENT`. `subject` begins the
 * message. To refuse the argument for another reason, `read` returns the error, which is then thrown.
 */
export function readArgument<Result>(subject: string, read: () => Result): Exclude<Result, ThreadStoreError> {
  const result = readOrError(subject, read);
  if (result instanceof ThreadStoreError) throw result;
  return result as Exclude<Result, ThreadStoreError>;
}

function readOrError<Result>(subject: string, read: () => Result): Result | ThreadStoreError {
  try {
    return read();
  } catch (cause) {
    return invalidArgument(
      `${subject} cannot be read, because a getter, a method or a Proxy trap in it threw. Pass plain data. The property \`cause\` of this error is what was thrown.`,
      cause,
    );
  }
}
