/**
 * The codes of failures in a backend: those that a driver can report. `INVALID_ARGUMENT` is for an `after` of a page
 * that the driver or its backend cannot have returned, because clients of a web service can forge cursors.
 */
export type BackendErrorCode =
  | "ACCESS_DENIED"
  | "BACKEND_ERROR"
  | "CORRUPT"
  | "INVALID_ARGUMENT"
  | "MISCONFIGURED"
  | "STORAGE_FULL"
  | "TOO_LARGE"
  | "UNAVAILABLE";

/**
 * Why a call failed. The set is closed, and the meaning of a code never changes within a major version.
 * docs/errors.md describes the remedy for each code.
 */
export type ThreadStoreErrorCode = BackendErrorCode | "CLOSED" | "CONFLICT" | "OUTCOME_UNKNOWN";

/** All error codes. */
export const THREAD_STORE_ERROR_CODES: readonly ThreadStoreErrorCode[] = [
  "ACCESS_DENIED",
  "BACKEND_ERROR",
  "CLOSED",
  "CONFLICT",
  "CORRUPT",
  "INVALID_ARGUMENT",
  "MISCONFIGURED",
  "OUTCOME_UNKNOWN",
  "STORAGE_FULL",
  "TOO_LARGE",
  "UNAVAILABLE",
];

export interface ThreadStoreErrorDetails {
  /** The operation that failed, such as `save`. */
  readonly operation?: string | undefined;
  /** The name of the store, such as `sqlite`. */
  readonly store?: string | undefined;
  readonly namespace?: string | undefined;
  readonly id?: string | undefined;
  /** For `CONFLICT`: the current version; `undefined` if the thread does not exist or its version is unknown. */
  readonly currentVersion?: string | undefined;
  /**
   * For `INVALID_ARGUMENT`: the path of the value in the thread or metadata that cannot be stored, such as
   * `$.messages[3].createdAt`. The names in it may be content, so loggers do not find it in the error.
   */
  readonly path?: string | undefined;
  /** The backend's own error, without what leads to credentials or contents. */
  readonly cause?: unknown;
}

// A registered symbol, so that errors of two installed copies of this package recognize each other.
const BRAND = Symbol.for("threadstore.error");

/** The error that all stores throw. Branch on {@link code}: messages are for people and may change. */
export class ThreadStoreError extends Error implements ThreadStoreErrorDetails {
  override readonly name = "ThreadStoreError";
  readonly code: ThreadStoreErrorCode;
  /** Whether the same call can succeed later without any other change. */
  readonly retryable: boolean;
  readonly operation: string | undefined;
  readonly store: string | undefined;
  readonly namespace: string | undefined;
  readonly id: string | undefined;
  readonly currentVersion: string | undefined;
  readonly #path: string | undefined;

  constructor(code: ThreadStoreErrorCode, message: string, details: ThreadStoreErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = code === "UNAVAILABLE";
    this.operation = details.operation;
    this.store = details.store;
    this.namespace = details.namespace;
    this.id = details.id;
    this.currentVersion = details.currentVersion;
    this.#path = details.path;
    Object.defineProperty(this, BRAND, { value: true });
  }

  get path(): string | undefined {
    return this.#path;
  }

  /**
   * Returns whether `error` is a `ThreadStoreError` with the given `code`, if any. Also recognizes errors from another
   * installed copy of this package.
   */
  static is(error: unknown, code?: ThreadStoreErrorCode): error is ThreadStoreError {
    if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /**
   * Returns the error as data for a log, without the cause, which may contain anything that the backend puts in it.
   */
  toJSON(): object {
    const { name, code, message, retryable, operation, store, namespace, id, currentVersion } = this;
    return { name, code, message, retryable, operation, store, namespace, id, currentVersion };
  }
}
