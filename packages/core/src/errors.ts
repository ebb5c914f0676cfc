/** What a backend's failure can mean. A driver explains its errors with one of these. */
export type BackendErrorCode =
  | "ACCESS_DENIED"
  | "BACKEND_ERROR"
  | "CORRUPT"
  | "MISCONFIGURED"
  | "STORAGE_FULL"
  | "TOO_LARGE"
  | "UNAVAILABLE";

/**
 * Why a call failed. The set is closed, a code's meaning never changes within a major version, and
 * docs/errors.md says of each what to do.
 */
export type ThreadStoreErrorCode =
  | BackendErrorCode
  | "CLOSED"
  | "CONFLICT"
  | "INVALID_ARGUMENT"
  | "OUTCOME_UNKNOWN";

/** The codes, for whoever wants to go through all of them. */
export const threadStoreErrorCodes: readonly ThreadStoreErrorCode[] = [
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
  /** The call that failed, such as `save`. */
  readonly operation?: string | undefined;
  /** The backend's name, such as `sqlite`. */
  readonly store?: string | undefined;
  readonly namespace?: string | undefined;
  readonly id?: string | undefined;
  /** With `CONFLICT`: the version that is there now, where the backend told it; `undefined`: none, or unknown. */
  readonly currentVersion?: string | undefined;
  /** The backend's own error, untouched. */
  readonly cause?: unknown;
}

// A registered symbol, so that errors of two installed copies of this package know each other.
const brand = Symbol.for("threadstore.error");

/** The only error class of the stores. Branch on {@link code}; messages are for people and may change. */
export class ThreadStoreError extends Error implements ThreadStoreErrorDetails {
  override readonly name = "ThreadStoreError";
  readonly code: ThreadStoreErrorCode;
  /** Whether the same call can succeed when made again later, with nothing else changed. */
  readonly retryable: boolean;
  readonly operation: string | undefined;
  readonly store: string | undefined;
  readonly namespace: string | undefined;
  readonly id: string | undefined;
  readonly currentVersion: string | undefined;

  constructor(code: ThreadStoreErrorCode, message: string, details: ThreadStoreErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = code === "UNAVAILABLE";
    this.operation = details.operation;
    this.store = details.store;
    this.namespace = details.namespace;
    this.id = details.id;
    this.currentVersion = details.currentVersion;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is one of ours, of whichever installed copy, and, with `code`, of that code. */
  static is(error: unknown, code?: ThreadStoreErrorCode): error is ThreadStoreError {
    if (typeof error !== "object" || error === null || !(brand in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** The error as data, for a log; without the cause's own fields, which are the backend's to disclose. */
  toJSON(): object {
    const { name, code, message, retryable, operation, store, namespace, id, currentVersion } = this;
    return { name, code, message, retryable, operation, store, namespace, id, currentVersion };
  }
}
