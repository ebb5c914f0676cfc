import type { BackendErrorCode } from "./errors.ts";

/**
 * The effect of a failed write or delete on the stored record.
 *
 * - `none`: nothing. The record is unchanged.
 * - `unknown`: the change may have been applied. Core reads the record to resolve the outcome.
 * - `not-durable`: the change was applied and is visible, but is not as durable as the driver promises.
 */
export type DriverErrorEffect = "none" | "unknown" | "not-durable";

export interface DriverErrorOptions {
  /**
   * The effect of the failed write or delete. Ignored for `read` and `list`.
   * @default "none"
   */
  readonly effect?: DriverErrorEffect | undefined;
  /** How long the backend asked clients to wait before they retry, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /**
   * The backend's own error. It becomes the `cause` of the caller's `ThreadStoreError`, so neither the content of a
   * thread nor a credential must be reachable from it: see `errorWithout`.
   */
  readonly cause?: unknown;
}

// A registered symbol, so that errors of two installed copies of this package recognize each other.
const BRAND = Symbol.for("threadstore.driver-error");

/**
 * A failure that a driver recognizes. Drivers throw it at the point of failure. Core turns it into the
 * `ThreadStoreError` that callers see, retries the call if `code` is `UNAVAILABLE`, and resolves the outcome if
 * `effect` is `unknown`. An error of any other class becomes `BACKEND_ERROR` with an unknown effect.
 */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: BackendErrorCode;
  readonly effect: DriverErrorEffect;
  readonly retryAfterMs: number | undefined;

  /** @param message The failure and its remedy, in one or two sentences, without contents, secrets or ids. */
  constructor(code: BackendErrorCode, message: string, options: DriverErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.effect = options.effect ?? "none";
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Returns whether `error` is a `DriverError`, including one from another installed copy of this package. */
  static is(error: unknown): error is DriverError {
    return typeof error === "object" && error !== null && BRAND in error;
  }
}
