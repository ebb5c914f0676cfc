import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
} from "@threadstore/core/documents";

const SESSION_STORE_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a session store failed. The set is closed, and a code's meaning never changes within a
 * major version. The README lists the remedy for each.
 */
export type SessionStoreErrorCode = (typeof SESSION_STORE_ERROR_CODES)[number];

/** The details of a {@link SessionStoreError}. */
export interface SessionStoreErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `entries[3].type` or `$.segments[2]`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of a session. Repeating the same call never helps.
 */
export type SessionStoreError = CodedError<SessionStoreErrorCode, SessionStoreErrorDetails>;

export const SessionStoreError: ErrorClass<SessionStoreErrorCode, SessionStoreErrorDetails> =
  defineErrorClass<SessionStoreErrorCode, SessionStoreErrorDetails>({
    name: "SessionStoreError",
    brand: "threadstore.session-store-error",
    codes: SESSION_STORE_ERROR_CODES,
    details: { path: "visible" },
  });

type Errors = DocumentErrors<SessionStoreError>;

const errors: Errors = documentErrors(SessionStoreError, {
  invalid: "Restore the session from a backup, or delete it.",
  mismatch: "The thread is not a part of a session. Use a namespace that only the session store writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;
