import { ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";

/** Problem details (RFC 9457) of a response that reports a failure. */
export interface Problem {
  readonly status: number;
  /** A short name of the kind of problem, which does not change. */
  readonly code: ProblemCode;
  readonly title: string;
  /** The reason and the remedy. Absent for failures that only an operator can end. */
  readonly detail?: string | undefined;
}

/** The codes of problems: those of stores, and of requests that do not reach the store. */
export type ProblemCode = RequestProblemCode | ThreadStoreErrorCode;

type RequestProblemCode =
  | "BODY_INVALID"
  | "BODY_TOO_LARGE"
  | "FORBIDDEN"
  | "METHOD_NOT_ALLOWED"
  | "NOT_FOUND"
  | "PRECONDITION_FAILED"
  | "UNEXPECTED"
  | "UNSUPPORTED_TYPE";

const STATUS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  ACCESS_DENIED: [500, "The store is not accessible"],
  BACKEND_ERROR: [500, "The store failed"],
  BODY_INVALID: [400, "The body is invalid"],
  BODY_TOO_LARGE: [413, "The body is too large"],
  CLOSED: [503, "The service is stopping"],
  CONFLICT: [409, "The thread exists or has changed"],
  CORRUPT: [500, "The thread is corrupt"],
  FORBIDDEN: [403, "The request is not allowed"],
  INVALID_ARGUMENT: [400, "The request is invalid"],
  METHOD_NOT_ALLOWED: [405, "The method is not allowed"],
  MISCONFIGURED: [500, "The store is misconfigured"],
  NOT_FOUND: [404, "Not found"],
  OUTCOME_UNKNOWN: [500, "The outcome is unknown"],
  PRECONDITION_FAILED: [412, "The thread has another version"],
  STORAGE_FULL: [507, "The storage is full"],
  TOO_LARGE: [413, "The thread is too large"],
  UNAVAILABLE: [503, "The store is unavailable"],
  UNEXPECTED: [500, "An unexpected error occurred"],
  UNSUPPORTED_TYPE: [415, "The type of the body is not supported"],
};

/** A request that is refused, thrown to end it. */
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
  const code = isRequestProblem || ThreadStoreError.is(error) ? error.code : "UNEXPECTED";
  const [status, title] = STATUS[code];
  // Messages contain no contents and no secrets, but those of failures that only an operator can end name the backend.
  const isForClient = status < 500 || status === 503;
  const problem: Problem = {
    status,
    code,
    title,
    ...(isForClient ? { detail: (error as Error).message } : {}),
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      ...(isRequestProblem ? error.headers : {}),
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    },
  });
}
