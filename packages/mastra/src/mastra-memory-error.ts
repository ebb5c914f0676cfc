import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
} from "@threadstore/core/documents";

const MASTRA_MEMORY_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "THREAD_EXISTS",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_NOT_FOUND",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a memory storage failed. The set is closed, and a code's meaning never changes within a
 * major version. The README lists the remedy for each.
 */
export type MastraMemoryErrorCode = (typeof MASTRA_MEMORY_ERROR_CODES)[number];

/** The details of a {@link MastraMemoryError}. */
export interface MastraMemoryErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `messages[0].id` or `$.messages[2]`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of a thread. Repeating the same call never helps.
 */
export type MastraMemoryError = CodedError<MastraMemoryErrorCode, MastraMemoryErrorDetails>;

export const MastraMemoryError: ErrorClass<MastraMemoryErrorCode, MastraMemoryErrorDetails> =
  defineErrorClass<MastraMemoryErrorCode, MastraMemoryErrorDetails>({
    name: "MastraMemoryError",
    brand: "threadstore.mastra-memory-error",
    codes: MASTRA_MEMORY_ERROR_CODES,
    details: { path: "visible" },
  });

type Errors = DocumentErrors<MastraMemoryError>;

const errors: Errors = documentErrors(MastraMemoryError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch: "The thread does not belong to the memory. Use a namespace that only the memory writes to.",
});
export const checkedName: Errors["checkedName"] = errors.checkedName;
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;
export const mismatch: Errors["mismatch"] = errors.mismatch;

/** Creates the error for a change of a thread that does not exist. */
export function threadNotFound(path: string): MastraMemoryError {
  const message = "The thread does not exist, or was deleted. Save the thread first.";
  return new MastraMemoryError("THREAD_NOT_FOUND", message, { path });
}

/** Creates the error for a copy whose id is taken. */
export function threadExists(): MastraMemoryError {
  const message = "A thread with this `newThreadId` exists. Copy to another id.";
  return new MastraMemoryError("THREAD_EXISTS", message, { path: "newThreadId" });
}
