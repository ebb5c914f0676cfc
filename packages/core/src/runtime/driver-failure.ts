import { DriverError, type DriverErrorEffect } from "../driver-error.ts";
import { ThreadStoreError } from "../errors.ts";
import type { FailureExplanation, ThreadDriver } from "../thread-driver.ts";

/** A failure of the driver, as core handles it. */
export interface DriverFailure {
  /** The error that the caller gets if the failure is final. */
  readonly error: ThreadStoreError;
  readonly effect: DriverErrorEffect;
  readonly retryAfterMs: number | undefined;
}

const EFFECTS: Record<FailureExplanation["applied"], DriverErrorEffect> = {
  no: "none",
  unknown: "unknown",
  undurable: "not-durable",
};

/** Classifies an error that a driver threw. An unknown class becomes `BACKEND_ERROR` with an unknown effect. */
export function classifyFailure(driver: ThreadDriver, cause: unknown): DriverFailure {
  if (DriverError.is(cause)) {
    const { code, message, effect, retryAfterMs } = cause;
    const details = "cause" in cause ? { cause: cause.cause } : {};
    return { error: new ThreadStoreError(code, message, details), effect, retryAfterMs };
  }
  const explanation = driver.explain?.(cause);
  if (explanation === undefined) {
    const message = "The backend failed with an error that its driver does not recognize. See `cause`.";
    return {
      error: new ThreadStoreError("BACKEND_ERROR", message, { cause }),
      effect: "unknown",
      retryAfterMs: undefined,
    };
  }
  const { code, message, applied, retryAfterMs } = explanation;
  return { error: new ThreadStoreError(code, message, { cause }), effect: EFFECTS[applied], retryAfterMs };
}
