import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
} from "@threadstore/core/documents";

const SESSION_SERVICE_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "SESSION_EXISTS",
  "SESSION_NOT_FOUND",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a session service failed. The set is closed, and a code's meaning never changes within a
 * major version. The README lists the remedy for each.
 */
export type SessionServiceErrorCode = (typeof SESSION_SERVICE_ERROR_CODES)[number];

/** The details of a {@link SessionServiceError}. */
export interface SessionServiceErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `event.id` or `$.events[2]`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of a session. Repeating the same call never helps.
 */
export type SessionServiceError = CodedError<SessionServiceErrorCode, SessionServiceErrorDetails>;

export const SessionServiceError: ErrorClass<SessionServiceErrorCode, SessionServiceErrorDetails> =
  defineErrorClass<SessionServiceErrorCode, SessionServiceErrorDetails>({
    name: "SessionServiceError",
    brand: "threadstore.session-service-error",
    codes: SESSION_SERVICE_ERROR_CODES,
    details: { path: "visible" },
  });

type Errors = DocumentErrors<SessionServiceError>;

const errors: Errors = documentErrors(SessionServiceError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch:
    "The thread does not belong to the session service. Use a namespace that only the service writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;

/** Creates the error for an append to a session that does not exist. */
export function sessionNotFound(): SessionServiceError {
  const message = "The session does not exist, or was deleted. Create it before you append events.";
  return new SessionServiceError("SESSION_NOT_FOUND", message, { path: "session.id" });
}

/** Creates the error for a session that exists already. */
export function sessionExists(): SessionServiceError {
  const message = "A session with this `sessionId` exists. Get it, or create one with another id.";
  return new SessionServiceError("SESSION_EXISTS", message, { path: "sessionId" });
}
