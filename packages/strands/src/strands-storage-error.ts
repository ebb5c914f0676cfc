import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
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

type Errors = DocumentErrors<StrandsStorageError>;

const errors: Errors = documentErrors(StrandsStorageError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch: "The thread is not a value of a storage. Use a namespace that only the storage writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;
