import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const SESSION_ERROR_CODES = [
  "HISTORY_CHANGED",
  "INVALID_ARGUMENT",
  "OPERATION_REUSED",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a session failed. The set is closed, and a code's meaning never changes within a major
 * version. The README lists the remedy for each.
 */
export type SessionErrorCode = (typeof SESSION_ERROR_CODES)[number];

/** The details of a {@link SessionError}. */
export interface SessionErrorDetails {
  /** The location of the fault in the stored thread or the argument, such as `$.items[3].callId`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain a conversation's content. Repeating the same call never helps, except
 * for a compaction that another run interfered with.
 */
export type SessionError = CodedError<SessionErrorCode, SessionErrorDetails>;

export const SessionError: ErrorClass<SessionErrorCode, SessionErrorDetails> = defineErrorClass<
  SessionErrorCode,
  SessionErrorDetails
>({
  name: "SessionError",
  brand: "threadstore.session-error",
  codes: SESSION_ERROR_CODES,
  details: { path: "visible" },
});

type Errors = DocumentErrors<SessionError>;

const errors: Errors = documentErrors(SessionError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch:
    "The thread with this id is not a session of the Agents SDK. Use another id, or a namespace for sessions.",
});
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;

/**
 * The code for a value that violates a requirement: it depends on whether a caller passed it or a thread holds it.
 */
export type InvalidValueCode = Extract<SessionErrorCode, "INVALID_ARGUMENT" | "THREAD_INVALID">;

/** Creates the error for a value that violates a requirement, such as `a string`. Omit a value of a valid kind. */
export function invalidValue(
  code: InvalidValueCode,
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): SessionError {
  return new SessionError(code, mismatchMessage(path, requirement, ...value), { path });
}
