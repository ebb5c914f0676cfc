import { ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import { isError } from "@threadstore/core/documents";

/** Problem details (RFC 9457) of a response that reports a failure. */
export interface Problem {
  readonly status: number;
  /** A URI that identifies the kind of problem. */
  readonly type: string;
  /** A short name of the kind of problem, which does not change. */
  readonly code: ProblemCode;
  readonly title: string;
  /** The reason and the remedy. Absent for failures that only an operator can resolve. */
  readonly detail?: string | undefined;
}

/** The codes of problems: those of stores, and of requests that do not reach the store. */
export type ProblemCode = RequestProblemCode | ThreadStoreErrorCode;

type RequestProblemCode =
  | "AGENT_THREAD"
  | "BODY_TOO_LARGE"
  | "FORBIDDEN"
  | "METHOD_NOT_ALLOWED"
  | "NOT_FOUND"
  | "PRECONDITION_FAILED"
  | "REQUEST_INVALID"
  | "UNEXPECTED"
  | "UNSUPPORTED_TYPE";

/** The status and the title of each code. */
export const PROBLEMS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  AGENT_THREAD: [409, "The thread belongs to an agent"],
  ACCESS_DENIED: [500, "The store is not accessible"],
  BACKEND_ERROR: [500, "The store failed"],
  BODY_TOO_LARGE: [413, "The body is too large"],
  CLOSED: [503, "The service is stopping"],
  CONFLICT: [409, "The thread exists or has changed"],
  CORRUPT: [500, "The thread is corrupt"],
  FORBIDDEN: [403, "The request is not allowed"],
  INVALID_ARGUMENT: [400, "The store does not support the request"],
  METHOD_NOT_ALLOWED: [405, "The method is not allowed"],
  MISCONFIGURED: [500, "The store is misconfigured"],
  NOT_FOUND: [404, "Not found"],
  OUTCOME_UNKNOWN: [500, "The outcome is unknown"],
  PRECONDITION_FAILED: [412, "The thread has another version"],
  REQUEST_INVALID: [400, "The request is invalid"],
  STORAGE_FULL: [507, "The storage is full"],
  TOO_LARGE: [413, "The thread is too large"],
  UNAVAILABLE: [503, "The store is unavailable"],
  UNEXPECTED: [500, "An unexpected error occurred"],
  UNSUPPORTED_TYPE: [415, "The type of the body is not supported"],
};

const TYPE_BASE = "https://github.com/threadstore/threadstore/blob/main/packages/http/README.md#";
const RETRY_AFTER_SECONDS = 5;

/** The reason why a request is rejected. Thrown to end the request. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  readonly code: RequestProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RequestProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }
}

/** Returns the response that reports an error. */
export function problemResponse(error: unknown): Response {
  const isRequestProblem = error instanceof RequestProblem;
  const code = isRequestProblem || ThreadStoreError.is(error) ? knownCode(error.code) : "UNEXPECTED";
  const [status, title] = PROBLEMS[code];
  const detail = detailOf(status, error);
  return sendProblem(
    { type: `${TYPE_BASE}${code}`, status, code, title, ...(detail === undefined ? {} : { detail }) },
    {
      ...(isRequestProblem ? error.headers : {}),
      ...(status === 503 ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {}),
    },
  );
}

/** Returns the response with these problem details. */
export function sendProblem(
  problem: Omit<Problem, "code"> & { readonly code: string },
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

/** A later release of core may have other codes. */
function knownCode(code: ProblemCode): ProblemCode {
  return Object.hasOwn(PROBLEMS, code) ? code : "UNEXPECTED";
}

/** Messages never contain contents or secrets, but those of backend failures name the backend. */
function detailOf(status: number, error: unknown): string | undefined {
  if (status === 503) return "The service is not available. Repeat the request later.";
  return status < 500 && isError(error) ? error.message : undefined;
}
