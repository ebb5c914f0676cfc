import { DriverError, type DriverErrorEffect } from "../driver-error.ts";
import { ThreadStoreError } from "../errors.ts";
import type { FailureExplanation, ThreadDriver } from "../thread-driver.ts";

/** What went wrong in a step of the driver. */
export interface Failure {
  readonly error: ThreadStoreError;
  readonly effect: DriverErrorEffect;
  readonly retryAfterMs: number | undefined;
}

const EFFECTS: Record<FailureExplanation["applied"], DriverErrorEffect> = {
  no: "none",
  unknown: "unknown",
  undurable: "not-durable",
};

/** Puts what a driver threw into the contract's words, with the driver's help. */
export function failureOf(driver: ThreadDriver, cause: unknown): Failure {
  if (DriverError.is(cause)) {
    const { code, message, effect, retryAfterMs } = cause;
    const details = "cause" in cause ? { cause: cause.cause } : {};
    return { error: new ThreadStoreError(code, message, details), effect, retryAfterMs };
  }
  const explanation = driver.explain?.(cause);
  if (explanation === undefined) {
    const message = "The backend failed in a way that its driver does not know. See the cause.";
    return {
      error: new ThreadStoreError("BACKEND_ERROR", message, { cause }),
      effect: "unknown",
      retryAfterMs: undefined,
    };
  }
  const { code, message, applied, retryAfterMs } = explanation;
  return { error: new ThreadStoreError(code, message, { cause }), effect: EFFECTS[applied], retryAfterMs };
}
