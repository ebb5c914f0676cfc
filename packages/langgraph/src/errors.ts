import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const LANG_GRAPH_STORE_ERROR_CODES = [
  "CONCURRENT_RUN",
  "INVALID_ARGUMENT",
  "THREAD_EXISTS",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
  "VECTOR_SEARCH",
] as const;

/**
 * The reason why a call of a saver or an item store failed. The set is closed, and a code's meaning never changes
 * within a major version. The README lists the remedy for each.
 */
export type LangGraphStoreErrorCode = (typeof LANG_GRAPH_STORE_ERROR_CODES)[number];

/** The details of a {@link LangGraphStoreError}. */
export interface LangGraphStoreErrorDetails {
  /** The location of the fault in the argument or the stored record, such as `configurable.thread_id`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s, and LangGraph's own checks
 * throw its `InvalidNamespaceError`. Branch on `code`: messages are for people and may change. They never contain the
 * state of a graph. Repeating the same call does not help, except for a copy whose source was changed meanwhile.
 */
export type LangGraphStoreError = CodedError<LangGraphStoreErrorCode, LangGraphStoreErrorDetails>;

export const LangGraphStoreError: ErrorClass<LangGraphStoreErrorCode, LangGraphStoreErrorDetails> =
  defineErrorClass<LangGraphStoreErrorCode, LangGraphStoreErrorDetails>({
    name: "LangGraphStoreError",
    brand: "threadstore.langgraph-store-error",
    codes: LANG_GRAPH_STORE_ERROR_CODES,
    details: { path: "visible" },
  });

type Errors = DocumentErrors<LangGraphStoreError>;

const errors: Errors = documentErrors(LangGraphStoreError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch: "Another program wrote it. Use another namespace.",
});
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;

/** The code for a value that violates a requirement, which depends on whether a caller passed it or it was stored. */
type InvalidValueCode = Extract<LangGraphStoreErrorCode, "INVALID_ARGUMENT" | "THREAD_INVALID">;

/** Creates the error for a value that violates a requirement, such as `a string`. Omit a value of a valid kind. */
export function invalidValue(
  code: InvalidValueCode,
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): LangGraphStoreError {
  return new LangGraphStoreError(code, mismatchMessage(path, requirement, ...value), { path });
}
