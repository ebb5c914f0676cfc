import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
} from "@threadstore/core/documents";

const SNAPSHOT_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "SESSION_BRANCHED",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a session store failed. The set is closed, and a code's meaning never changes within a
 * major version. The README lists the remedy for each.
 */
export type SnapshotErrorCode = (typeof SNAPSHOT_ERROR_CODES)[number];

/** The details of a {@link SnapshotError}. */
export interface SnapshotErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `snapshot.state` or `$.snapshot`. */
  readonly path?: string | undefined;
  /** The status that Genkit reports for a session with branches. For other errors, it reports `INTERNAL`. */
  readonly status?: "FAILED_PRECONDITION" | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of a session. Repeating the same call never helps.
 */
export type SnapshotError = CodedError<SnapshotErrorCode, SnapshotErrorDetails>;

export const SnapshotError: ErrorClass<SnapshotErrorCode, SnapshotErrorDetails> = defineErrorClass<
  SnapshotErrorCode,
  SnapshotErrorDetails
>({
  name: "SnapshotError",
  brand: "threadstore.genkit-snapshot-error",
  codes: SNAPSHOT_ERROR_CODES,
  details: { path: "visible", status: "visible" },
});

type Errors = DocumentErrors<SnapshotError>;

const errors: Errors = documentErrors(SnapshotError, {
  invalid: "Restore the session from a backup, or start a new one.",
  mismatch:
    "The thread is not this part of a session. Use a namespace that only the session store writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;
export const mismatch: Errors["mismatch"] = errors.mismatch;
