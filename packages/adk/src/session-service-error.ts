import {
  type CodedError,
  defineErrorClass,
  type EnvelopeProblem,
  type EnvelopeProblemReason,
  type ErrorClass,
  mismatchMessage,
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

/** Creates the error for an argument that violates a requirement, such as `a string`. */
export function invalidArgument(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): SessionServiceError {
  return new SessionServiceError("INVALID_ARGUMENT", mismatchMessage(path, requirement, ...value), { path });
}

/** Creates the error for a stored thread that violates a requirement. */
export function invalidThread(path: string, requirement: string, value: unknown): SessionServiceError {
  const message = `${mismatchMessage(path, requirement, value)} Restore the thread from a backup, or delete it.`;
  return new SessionServiceError("THREAD_INVALID", message, { path });
}

/** Creates the error for an append to a session that does not exist. */
export function sessionNotFound(): SessionServiceError {
  const message = "The session does not exist, or was deleted. Create it before you append events.";
  return new SessionServiceError("SESSION_NOT_FOUND", message, { path: "session.id" });
}

/** Creates the error for a session that cannot be created. */
export function sessionExists(): SessionServiceError {
  const message = "A session with this `sessionId` exists. Get it, or create one with another id.";
  return new SessionServiceError("SESSION_EXISTS", message, { path: "sessionId" });
}

const CODES: { readonly [Reason in EnvelopeProblemReason]: SessionServiceErrorCode } = {
  "invalid-kind": "THREAD_MISMATCH",
  "invalid-version": "THREAD_INVALID",
  "not-a-thread": "THREAD_MISMATCH",
  "other-kind": "THREAD_MISMATCH",
  "too-new": "THREAD_TOO_NEW",
};

/** Creates the error for a thread that this release cannot read as a session or a state. */
export function envelopeError({ reason, path, message }: EnvelopeProblem): SessionServiceError {
  const code = CODES[reason];
  const remedy =
    code === "THREAD_MISMATCH"
      ? " The thread does not belong to the session service. Use a namespace that only the service writes to."
      : "";
  return new SessionServiceError(code, message + remedy, { path });
}
