import { ThreadStoreError } from "../errors.ts";
import type { FailureExplanation, ThreadDriver } from "../thread-driver.ts";

/** What went wrong in a step of the driver. */
export interface Failure {
  readonly error: ThreadStoreError;
  readonly applied: FailureExplanation["applied"];
  readonly retryAfterMs: number | undefined;
}

/** Puts what a driver threw into the contract's words, with the driver's help. */
export function failureOf(driver: ThreadDriver, cause: unknown): Failure {
  const explanation = driver.explain(cause);
  if (explanation === undefined) {
    const message = "The backend failed in a way that its driver does not know. See the cause.";
    return {
      error: new ThreadStoreError("BACKEND_ERROR", message, { cause }),
      applied: "unknown",
      retryAfterMs: undefined,
    };
  }
  const { code, message, applied, retryAfterMs } = explanation;
  return { error: new ThreadStoreError(code, message, { cause }), applied, retryAfterMs };
}
