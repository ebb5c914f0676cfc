import { DriverError } from "../driver-error.ts";

/**
 * Runs a driver call, and adds a sentence to the message of the `DriverError` that it throws, such as "The bucket is
 * threads." For drivers: a message must name what is misconfigured or unreachable, but neither ids nor secrets.
 */
export async function withLocation<Result>(sentence: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw locatedError(sentence, error);
  }
}

/** Returns the error of a driver call, as {@link withLocation} throws it. For drivers that do not always wait. */
export function locatedError(sentence: string, error: unknown): unknown {
  if (!DriverError.is(error)) return error;
  const { code, message, effect, retryAfterMs } = error;
  const cause = "cause" in error ? { cause: error.cause } : {};
  return new DriverError(code, `${message} ${sentence}`, { effect, retryAfterMs, ...cause });
}
