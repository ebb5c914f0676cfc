import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
} from "@threadstore/core/documents";

const RUNNER_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "THREAD_BUSY",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call of a runner failed. The set is closed, and a code's meaning never changes within a major
 * version. The README lists the remedy for each.
 */
export type RunnerErrorCode = (typeof RUNNER_ERROR_CODES)[number];

/** The details of a {@link RunnerError}. */
export interface RunnerErrorDetails {
  /** The location of the fault in the options or the stored thread, such as `leaseMs` or `$.runs[3].events`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain the content of a conversation.
 */
export type RunnerError = CodedError<RunnerErrorCode, RunnerErrorDetails>;

export const RunnerError: ErrorClass<RunnerErrorCode, RunnerErrorDetails> = defineErrorClass<
  RunnerErrorCode,
  RunnerErrorDetails
>({
  name: "RunnerError",
  brand: "threadstore.copilotkit-runner-error",
  codes: RUNNER_ERROR_CODES,
  retryable: ["THREAD_BUSY"],
  details: { path: "visible" },
});

type Errors = DocumentErrors<RunnerError>;

const errors: Errors = documentErrors(RunnerError, {
  invalid: "Restore the thread from a backup, or delete it.",
  mismatch: "The runner did not store this thread. Use a namespace that only the runner writes to.",
});
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;
export const invalidThread: Errors["invalidThread"] = errors.invalidThread;

export function busy(waitMs: number): RunnerError {
  const message = `Another run of this thread has not ended within ${waitMs} ms. Nothing was stored. Wait for it or stop it, or raise \`waitMs\`.`;
  return new RunnerError("THREAD_BUSY", message);
}
