import { ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import { AgentError } from "@threadstore/openai";

/** The HTTP status of a response to a call that failed. A new code without a status does not compile. */
const STATUS: Readonly<Record<ThreadStoreErrorCode, number>> = {
  ACCESS_DENIED: 500,
  BACKEND_ERROR: 500,
  CLOSED: 503,
  CONFLICT: 409,
  CORRUPT: 500,
  INVALID_ARGUMENT: 400,
  MISCONFIGURED: 500,
  OUTCOME_UNKNOWN: 500,
  STORAGE_FULL: 507,
  TOO_LARGE: 413,
  UNAVAILABLE: 503,
};

const STATUS_OF_AGENT: Readonly<Record<string, number>> = {
  CONVERSATION_BUSY: 503,
  CONVERSATION_CONFLICT: 409,
  INVALID_ARGUMENT: 400,
  KEY_REUSED: 422,
  MODEL_UNAVAILABLE: 503,
  TURN_OPEN: 409,
};

/** A request that the application refuses. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Failure {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string };
}

/** Returns the response to a request that failed. */
export function failure(error: unknown): Failure {
  // Codes and messages of both classes contain no contents or secrets, and name the remedy.
  if (ThreadStoreError.is(error)) return describe(STATUS[error.code], error.code, error.message);
  if (AgentError.is(error)) return describe(STATUS_OF_AGENT[error.code] ?? 500, error.code, error.message);
  if (error instanceof HttpError) return describe(error.status, "REFUSED", error.message);
  // Express refuses a body that is too long.
  if (statusOf(error) === 413) return describe(413, "REFUSED", "The body is too long.");
  if (error instanceof SyntaxError) return describe(400, "REFUSED", "The body must be JSON.");
  return describe(500, "UNEXPECTED", "An unexpected error occurred.");
}

function statusOf(error: unknown): unknown {
  return (Object(error) as { readonly status?: unknown }).status;
}

function describe(status: number, code: string, message: string): Failure {
  return { status, body: { code, message } };
}

/** Checks the body of a request. The page creates a `key` for each message, such as `crypto.randomUUID()`. */
export function readMessage(body: unknown): { text: string; key: string } {
  const { text, key } = Object(body) as Record<string, unknown>;
  if (typeof text !== "string" || text.trim() === "") throw new HttpError(400, "`text` must be a message.");
  if (typeof key !== "string" || key === "") throw new HttpError(400, "`key` must identify the message.");
  return { text, key };
}
