import {
  type CodedError,
  defineErrorClass,
  type EnvelopeProblem,
  type EnvelopeProblemReason,
  type ErrorClass,
  mismatchMessage,
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

/** Creates the error for an argument that violates a requirement, such as `a string`. */
export function invalidArgument(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): SessionStoreError {
  return new SessionStoreError("INVALID_ARGUMENT", mismatchMessage(path, requirement, ...value), { path });
}

/** Creates the error for a stored thread that violates a requirement. */
export function invalidThread(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): SessionStoreError {
  const remedy = " Restore the session from a backup, or delete it.";
  return new SessionStoreError("THREAD_INVALID", mismatchMessage(path, requirement, ...value) + remedy, {
    path,
  });
}

const CODES: { readonly [Reason in EnvelopeProblemReason]: SessionStoreErrorCode } = {
  "invalid-kind": "THREAD_MISMATCH",
  "invalid-version": "THREAD_INVALID",
  "not-a-thread": "THREAD_MISMATCH",
  "other-kind": "THREAD_MISMATCH",
  "too-new": "THREAD_TOO_NEW",
};

/** Creates the error for a thread that this release cannot read as a part of a session. */
export function envelopeError({ reason, path, message }: EnvelopeProblem): SessionStoreError {
  const code = CODES[reason];
  const remedy =
    code === "THREAD_MISMATCH"
      ? " The thread is not a part of a session. Use a namespace that only the session store writes to."
      : "";
  return new SessionStoreError(code, message + remedy, { path });
}
