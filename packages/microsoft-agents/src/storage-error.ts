import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
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

type Errors = DocumentErrors<StorageError>;

const errors: Errors = documentErrors(StorageError, {
  invalid: "Restore the item from a backup, or delete it.",
  mismatch: "The thread is not this item. Use a namespace that only the storage writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;
export const mismatch: Errors["mismatch"] = errors.mismatch;
