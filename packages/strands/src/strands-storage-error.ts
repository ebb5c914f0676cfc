import {
  type CodedError,
  defineErrorClass,
  type EnvelopeProblem,
  type EnvelopeProblemReason,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const STRANDS_STORAGE_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a storage failed. The set is closed, and a code's meaning never changes within a major
 * version. The README lists the remedy for each.
 */
export type StrandsStorageErrorCode = (typeof STRANDS_STORAGE_ERROR_CODES)[number];

/** The details of a {@link StrandsStorageError}. */
export interface StrandsStorageErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `data` or `$.base64`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain a key or a value. Repeating the same call never helps.
 */
export type StrandsStorageError = CodedError<StrandsStorageErrorCode, StrandsStorageErrorDetails>;

export const StrandsStorageError: ErrorClass<StrandsStorageErrorCode, StrandsStorageErrorDetails> =
  defineErrorClass<StrandsStorageErrorCode, StrandsStorageErrorDetails>({
    name: "StrandsStorageError",
    brand: "threadstore.strands-storage-error",
    codes: STRANDS_STORAGE_ERROR_CODES,
    details: { path: "visible" },
  });

/** Creates the error for an argument that violates a requirement, such as `a string`. */
export function invalidArgument(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): StrandsStorageError {
  return new StrandsStorageError("INVALID_ARGUMENT", mismatchMessage(path, requirement, ...value), { path });
}

/** Creates the error for a stored thread that violates a requirement. */
export function invalidThread(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): StrandsStorageError {
  const message = `${mismatchMessage(path, requirement, ...value)} Restore the thread from a backup, or delete it.`;
  return new StrandsStorageError("THREAD_INVALID", message, { path });
}

const CODES: { readonly [Reason in EnvelopeProblemReason]: StrandsStorageErrorCode } = {
  "invalid-kind": "THREAD_MISMATCH",
  "invalid-version": "THREAD_INVALID",
  "not-a-thread": "THREAD_MISMATCH",
  "other-kind": "THREAD_MISMATCH",
  "too-new": "THREAD_TOO_NEW",
};

/** Creates the error for a thread that this release cannot read as a value. */
export function envelopeError({ reason, path, message }: EnvelopeProblem): StrandsStorageError {
  const code = CODES[reason];
  const remedy =
    code === "THREAD_MISMATCH"
      ? " The thread is not a value of a storage. Use a namespace that only the storage writes to."
      : "";
  return new StrandsStorageError(code, message + remedy, { path });
}
