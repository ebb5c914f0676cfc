import {
  type CodedError,
  defineErrorClass,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const INTERCHANGE_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "NOT_REPRESENTABLE",
  "SHAPE_UNKNOWN",
  "THREAD_INVALID",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a thread could not be read or written. The set is closed, and a code's meaning never changes
 * within a major version. The README lists the remedy for each.
 */
export type InterchangeErrorCode = (typeof INTERCHANGE_ERROR_CODES)[number];

/** The details of an {@link InterchangeError}. */
export interface InterchangeErrorDetails {
  /** The location of the fault in the thread or the argument, such as `$.storeState.messages[3].role`. */
  readonly path?: string | undefined;
}

/**
 * The only error class of this package. Branch on `code`: messages are for people and may change. They never
 * contain a thread's content. Repeating the same call never helps.
 */
export type InterchangeError = CodedError<InterchangeErrorCode, InterchangeErrorDetails>;

export const InterchangeError: ErrorClass<InterchangeErrorCode, InterchangeErrorDetails> = defineErrorClass<
  InterchangeErrorCode,
  InterchangeErrorDetails
>({
  name: "InterchangeError",
  brand: "threadstore.interchange-error",
  codes: INTERCHANGE_ERROR_CODES,
  details: { path: "visible" },
});

export function invalidThread(path: string, message: string): InterchangeError {
  return new InterchangeError("THREAD_INVALID", message, { path });
}

/** Checks an option that is a name. Throws `INVALID_ARGUMENT`. */
export function checkName(name: unknown, option: string): void {
  if (name === undefined || (typeof name === "string" && name !== "" && name.isWellFormed())) return;
  const message = mismatchMessage(option, "a non-empty, well-formed string");
  throw new InterchangeError("INVALID_ARGUMENT", message, { path: option });
}
