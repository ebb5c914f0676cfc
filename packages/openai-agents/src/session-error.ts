/**
 * Why a call of a session failed. The set is closed and a code's meaning never changes within a major version;
 * the README says of each what to do.
 */
export type SessionErrorCode =
  | "HISTORY_CHANGED"
  | "INVALID_ARGUMENT"
  | "OPERATION_REUSED"
  | "THREAD_INVALID"
  | "THREAD_MISMATCH"
  | "THREAD_TOO_NEW";

/** The codes, for whoever wants to go through all of them. */
export const sessionErrorCodes: readonly SessionErrorCode[] = [
  "HISTORY_CHANGED",
  "INVALID_ARGUMENT",
  "OPERATION_REUSED",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
];

/** What a {@link SessionError} knows besides its code and message. */
export interface SessionErrorDetails {
  /** Where in the stored thread or the argument the fault is, such as `$.items[3].callId`. */
  readonly path?: string | undefined;
}

// A registered symbol, so that errors of two installed copies of this package know each other.
const brand = Symbol.for("threadstore.session-error");

/**
 * The only error class of this package; what the store itself reports is its `ThreadStoreError`. Branch on
 * {@link code}; messages are for people and may change, and never hold the content of a conversation. None can be
 * helped by trying the same call again.
 */
export class SessionError extends Error implements SessionErrorDetails {
  override readonly name = "SessionError";
  readonly code: SessionErrorCode;
  readonly path: string | undefined;

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message);
    this.code = code;
    this.path = details.path;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is one of ours, of whichever installed copy, and, with `code`, of that code. */
  static is(error: unknown, code?: SessionErrorCode): error is SessionError {
    if (typeof error !== "object" || error === null || !(brand in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** The error as data, for a log. */
  toJSON(): object {
    const { name, code, message, path } = this;
    return { name, code, message, path };
  }
}

/** What is being read, and so whose fault it is when it is wrong. */
export type Origin = Extract<SessionErrorCode, "INVALID_ARGUMENT" | "THREAD_INVALID">;

/** The error for a value that is not what it should be: where, what was expected, and what kind was found. */
export function unexpected(code: Origin, path: string, expectation: string, found: unknown): SessionError {
  return new SessionError(code, `${path}: expected ${expectation}, found ${kindOf(found)}.`, { path });
}

// The kind alone and never the value: a conversation's content stays out of messages.
function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number that is not finite";
  if (typeof value !== "object") return `a ${typeof value}`;
  return value instanceof Uint8Array ? "bytes" : "an object";
}
