import { type CodedError, defineErrorClass, type ErrorClass } from "@threadstore/core/documents";

const THREAD_API_ERROR_CODES = [
  "BUSY",
  "CONFLICT",
  "FORBIDDEN",
  "INVALID_ARGUMENT",
  "INVALID_RESPONSE",
  "NOT_FOUND",
  "REJECTED",
  "SERVER_ERROR",
  "SIGNED_OUT",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "TOO_LARGE",
  "UNREACHABLE",
] as const;

/**
 * The reason why a request failed. The set is closed, and a code's meaning never changes within a major version. The
 * README lists the remedy for each.
 */
export type ThreadApiErrorCode = (typeof THREAD_API_ERROR_CODES)[number];

/** The details of a {@link ThreadApiError}. */
export interface ThreadApiErrorDetails {
  /** The location of the fault in the options or the response, such as `url` or `$.messages[3].id`. */
  readonly path?: string | undefined;
  /** The status of the response; `undefined` if there was none. */
  readonly status?: number | undefined;
  /** The `code` of the response's problem details, such as `AGENT_THREAD`. */
  readonly problem?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The only error class of this package. The messages of failed requests are for the people who use the page: show them.
 * Branch on `code`. Messages never contain contents of the conversation or the response.
 */
export type ThreadApiError = CodedError<ThreadApiErrorCode, ThreadApiErrorDetails>;

export const ThreadApiError: ErrorClass<ThreadApiErrorCode, ThreadApiErrorDetails> = defineErrorClass<
  ThreadApiErrorCode,
  ThreadApiErrorDetails
>({
  name: "ThreadApiError",
  brand: "threadstore.thread-api-error",
  codes: THREAD_API_ERROR_CODES,
  retryable: ["BUSY", "SERVER_ERROR", "UNREACHABLE"],
  details: { path: "visible", status: "visible", problem: "visible" },
});

/** The codes of failed requests. */
type RequestErrorCode = Exclude<
  ThreadApiErrorCode,
  "INVALID_ARGUMENT" | "THREAD_INVALID" | "THREAD_MISMATCH"
>;

const MESSAGES: Readonly<Record<RequestErrorCode, string>> = {
  BUSY: "The server is busy. Try again in a moment.",
  CONFLICT: "This conversation was changed somewhere else. Reload the page.",
  FORBIDDEN: "You are not allowed to do this.",
  INVALID_RESPONSE: "The server sent an unexpected response. Reload the page, or sign in again.",
  NOT_FOUND: "This conversation does not exist anymore.",
  REJECTED: "The server did not accept this.",
  SERVER_ERROR: "The server could not do this. Try again later.",
  SIGNED_OUT: "You are signed out. Sign in again.",
  TOO_LARGE: "This is too long to be saved.",
  UNREACHABLE: "The server cannot be reached. Check your connection and try again.",
};

const CODES: { readonly [status: number]: RequestErrorCode } = {
  401: "SIGNED_OUT",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  408: "BUSY",
  409: "CONFLICT",
  410: "NOT_FOUND",
  412: "CONFLICT",
  413: "TOO_LARGE",
  429: "BUSY",
  502: "BUSY",
  503: "BUSY",
  504: "BUSY",
};

/** Returns the error of a request that failed. */
export function requestError(code: RequestErrorCode, details: ThreadApiErrorDetails = {}): ThreadApiError {
  return new ThreadApiError(code, MESSAGES[code], details);
}

/** Returns the error of a response that reports a failure. */
export function statusError(status: number, problem: string | undefined): ThreadApiError {
  const code = CODES[status] ?? (status >= 500 ? "SERVER_ERROR" : "REJECTED");
  return requestError(status < 400 ? "INVALID_RESPONSE" : code, { status, problem });
}

/** Returns the error of a response that is invalid at `path`. */
export function responseError(path: string, cause?: unknown): ThreadApiError {
  return requestError("INVALID_RESPONSE", { path, ...(cause === undefined ? {} : { cause }) });
}

export function invalidArgument(path: string, requirement: string): ThreadApiError {
  return new ThreadApiError("INVALID_ARGUMENT", `\`${path}\` must be ${requirement}.`, { path });
}
