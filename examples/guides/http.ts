import type { SessionServiceErrorCode } from "@threadstore/adk";
import type { InterchangeErrorCode } from "@threadstore/agent-framework";
import type { ConversationErrorCode } from "@threadstore/ai-sdk";
import type { SessionStoreErrorCode } from "@threadstore/claude-agent-sdk";
import type { RunnerErrorCode } from "@threadstore/copilotkit";
import type { ThreadStoreErrorCode } from "@threadstore/core";
import type { SnapshotErrorCode } from "@threadstore/genkit";
import type { LangGraphStoreErrorCode } from "@threadstore/langgraph";
import type { MastraMemoryErrorCode } from "@threadstore/mastra";
import type { StorageErrorCode } from "@threadstore/microsoft-agents";
import type { AgentErrorCode } from "@threadstore/openai";
import type { SessionErrorCode } from "@threadstore/openai-agents";
import type { StrandsStorageErrorCode } from "@threadstore/strands";

/** The codes of each class of errors. Keep the lines of the packages that you use. */
interface Codes {
  AgentError: AgentErrorCode;
  ConversationError: ConversationErrorCode;
  InterchangeError: InterchangeErrorCode;
  LangGraphStoreError: LangGraphStoreErrorCode;
  MastraMemoryError: MastraMemoryErrorCode;
  RunnerError: RunnerErrorCode;
  SessionError: SessionErrorCode;
  SessionServiceError: SessionServiceErrorCode;
  SessionStoreError: SessionStoreErrorCode;
  SnapshotError: SnapshotErrorCode;
  StorageError: StorageErrorCode;
  StrandsStorageError: StrandsStorageErrorCode;
  ThreadStoreError: ThreadStoreErrorCode;
}

type Code = Codes[keyof Codes];

const CLASSES: Readonly<Record<keyof Codes, true>> = {
  AgentError: true,
  ConversationError: true,
  InterchangeError: true,
  LangGraphStoreError: true,
  MastraMemoryError: true,
  RunnerError: true,
  SessionError: true,
  SessionServiceError: true,
  SessionStoreError: true,
  SnapshotError: true,
  StorageError: true,
  StrandsStorageError: true,
  ThreadStoreError: true,
};

/** The HTTP status of a response to a call that failed. A new code without a status does not compile. */
const STATUS: Readonly<Record<Code, number>> = {
  // The client must change its request.
  INVALID_ARGUMENT: 400,
  MESSAGE_REFUSED: 403,
  SESSION_NOT_FOUND: 404,
  THREAD_NOT_FOUND: 404,
  TURN_ABANDONED: 410,
  TOO_LARGE: 413,
  KEY_REUSED: 422,
  MODEL_REFUSED: 422,
  NOT_REPRESENTABLE: 422,
  OPERATION_REUSED: 422,
  SHAPE_UNKNOWN: 422,
  VECTOR_SEARCH: 422,

  // The client must load the thread first, and decide what to do.
  APPROVAL_DECIDED: 409,
  APPROVAL_STALE: 409,
  CONCURRENT_RUN: 409,
  CONFLICT: 409,
  CONVERSATION_CONFLICT: 409,
  HISTORY_CHANGED: 409,
  THREAD_BUSY: 409,
  SESSION_BRANCHED: 409,
  SESSION_EXISTS: 409,
  THREAD_EXISTS: 409,
  THREAD_MISMATCH: 409,
  TOO_MANY_ATTEMPTS: 409,
  TURN_OPEN: 409,

  // The same request can succeed later.
  CLOSED: 503,
  CONVERSATION_BUSY: 503,
  LEASE_LOST: 503,
  MODEL_UNAVAILABLE: 503,
  STREAM_INTERRUPTED: 503,
  UNAVAILABLE: 503,

  // The operator must do something. The model's service is to blame for 502.
  ACCESS_DENIED: 500,
  BACKEND_ERROR: 500,
  CLIENT_FAILED: 500,
  CORRUPT: 500,
  MISCONFIGURED: 500,
  OUTCOME_UNKNOWN: 500,
  SAVE_FAILED: 500,
  THREAD_INVALID: 500,
  THREAD_TOO_NEW: 500,
  TOOL_MISSING: 500,
  RESPONSE_INVALID: 502,
  TOO_MANY_TOOL_ROUNDS: 502,
  STORAGE_FULL: 507,
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
  // Codes and messages of these classes contain no contents or secrets, and name the remedy.
  if (isCoded(error)) return describe(STATUS[error.code], error.code, error.message);
  if (error instanceof HttpError) return describe(error.status, "REFUSED", error.message);
  // Express refuses a body that is too long.
  if (statusOf(error) === 413) return describe(413, "REFUSED", "The body is too long.");
  if (error instanceof SyntaxError) return describe(400, "REFUSED", "The body must be JSON.");
  return describe(500, "UNEXPECTED", "An unexpected error occurred.");
}

function isCoded(error: unknown): error is Error & { readonly code: Code } {
  const { name, code } = Object(error) as { readonly name?: string; readonly code?: string };
  return Object.hasOwn(CLASSES, name ?? "") && Object.hasOwn(STATUS, code ?? "");
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
