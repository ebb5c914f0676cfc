import { DriverError, type DriverErrorEffect } from "../driver-error.ts";
import { ThreadStoreError } from "../errors.ts";

/** A failure of the driver, as core handles it. */
export interface DriverFailure {
  /** The error that the caller gets if the failure is final. */
  readonly error: ThreadStoreError;
  readonly effect: DriverErrorEffect;
  readonly retryAfterMs: number | undefined;
}

/** Classifies an error that a driver threw. An unknown class becomes `BACKEND_ERROR` with an unknown effect. */
export function classifyFailure(cause: unknown): DriverFailure {
  if (DriverError.is(cause)) {
    const { code, message, effect, retryAfterMs } = cause;
    const details = "cause" in cause ? { cause: cause.cause } : {};
    return { error: new ThreadStoreError(code, message, details), effect, retryAfterMs };
  }
  const message = "The backend failed with an error that its driver does not recognize. See `cause`.";
  const error = new ThreadStoreError("BACKEND_ERROR", message, { cause });
  return { error, effect: "unknown", retryAfterMs: undefined };
}
