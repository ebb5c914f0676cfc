import {
  type CodedError,
  defineErrorClass,
  type EnvelopeProblem,
  type EnvelopeProblemReason,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const STORAGE_ERROR_CODES = [
  "CONFLICT",
  "INVALID_ARGUMENT",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a storage failed. The set is closed, and a code's meaning never changes within a major
 * version. The README lists the remedy for each.
 */
export type StorageErrorCode = (typeof STORAGE_ERROR_CODES)[number];

/** The details of a {@link StorageError}. */
export interface StorageErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `keys[0]` or `$.item`. */
  readonly path?: string | undefined;
  /** With `CONFLICT`, the keys of the items that were not written because another writer has changed them. */
  readonly keys?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of an item. Repeating the same call never helps.
 */
export type StorageError = CodedError<StorageErrorCode, StorageErrorDetails>;

export const StorageError: ErrorClass<StorageErrorCode, StorageErrorDetails> = defineErrorClass<
  StorageErrorCode,
  StorageErrorDetails
>({
  name: "StorageError",
  brand: "threadstore.microsoft-agents-storage-error",
  codes: STORAGE_ERROR_CODES,
  details: { path: "visible", keys: "visible" },
});

/** Creates the error for an argument that violates a requirement, such as `a string`. */
export function invalidArgument(
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): StorageError {
  return new StorageError("INVALID_ARGUMENT", mismatchMessage(path, requirement, ...value), { path });
}

/** Creates the error for a stored thread that violates a requirement. */
export function invalidThread(path: string, requirement: string, ...value: [value?: unknown]): StorageError {
  const remedy = " Restore the item from a backup, or delete it.";
  return new StorageError("THREAD_INVALID", mismatchMessage(path, requirement, ...value) + remedy, { path });
}

const CODES: { readonly [Reason in EnvelopeProblemReason]: StorageErrorCode } = {
  "invalid-kind": "THREAD_MISMATCH",
  "invalid-version": "THREAD_INVALID",
  "not-a-thread": "THREAD_MISMATCH",
  "other-kind": "THREAD_MISMATCH",
  "too-new": "THREAD_TOO_NEW",
};

/** Creates the error for a thread that this release cannot read as an item. */
export function envelopeError({ reason, path, message }: EnvelopeProblem): StorageError {
  const code = CODES[reason];
  return code === "THREAD_MISMATCH"
    ? mismatchError(path, message)
    : new StorageError(code, message, { path });
}

/** Creates the error for a thread that is not the expected item. */
export function mismatchError(path: string, message: string): StorageError {
  const remedy = " The thread is not this item. Use a namespace that only the storage writes to.";
  return new StorageError("THREAD_MISMATCH", message + remedy, { path });
}
