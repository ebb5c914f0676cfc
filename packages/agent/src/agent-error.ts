import {
  type CodedError,
  defineErrorClass,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";
import type { RunResult } from "./run-result.ts";
import type { Thread } from "./thread.ts";

const AGENT_ERROR_CODES = [
  "APPROVAL_DECIDED",
  "APPROVAL_STALE",
  "CLIENT_FAILED",
  "CONVERSATION_BUSY",
  "CONVERSATION_CONFLICT",
  "INVALID_ARGUMENT",
  "KEY_REUSED",
  "LEASE_LOST",
  "MODEL_REFUSED",
  "MODEL_UNAVAILABLE",
  "RESPONSE_INVALID",
  "SAVE_FAILED",
  "STREAM_INTERRUPTED",
  "THREAD_BUSY",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
  "TOOL_MISSING",
  "TOO_MANY_ATTEMPTS",
  "TOO_MANY_TOOL_ROUNDS",
  "TURN_ABANDONED",
  "TURN_OPEN",
] as const;

/**
 * The reason why a call of an agent failed. The set is closed, and a code's meaning never changes within a major
 * version. The README lists the remedy for each.
 */
export type AgentErrorCode = (typeof AGENT_ERROR_CODES)[number];

/** The details of an {@link AgentError}. */
export interface AgentErrorDetails {
  /** The location of the fault in the thread or the argument, such as `$.messages[3].role`. */
  readonly path?: string | undefined;
  /** The HTTP status of the model server's response. */
  readonly status?: number | undefined;
  /** The unchanged error of the provider's client, the network or a store. */
  readonly cause?: unknown;
  /** The completed turn that could not be saved: the result that the run would have resolved with. Not logged. */
  readonly result?: RunResult<Thread, object, object> | undefined;
}

/**
 * The only error class of agents and conversations. Branch on `code`: messages are for people and may change. They
 * never contain a thread's content, a key or a URL. An aborted call rejects with the signal's reason instead.
 */
export type AgentError = CodedError<AgentErrorCode, AgentErrorDetails>;

export const AgentError: ErrorClass<AgentErrorCode, AgentErrorDetails> = defineErrorClass<
  AgentErrorCode,
  AgentErrorDetails
>({
  name: "AgentError",
  brand: "threadstore.agent-error",
  codes: AGENT_ERROR_CODES,
  retryable: [
    "CONVERSATION_BUSY",
    "CONVERSATION_CONFLICT",
    "LEASE_LOST",
    "MODEL_UNAVAILABLE",
    "STREAM_INTERRUPTED",
    "THREAD_BUSY",
  ],
  details: { path: "visible", status: "visible", result: "hidden" },
});

/**
 * Creates the error for a value that violates a requirement. `requirement` completes "must be", such as `a string`.
 * Omit a value whose kind is valid.
 */
export function invalidValue(
  code: AgentErrorCode,
  path: string,
  requirement: string,
  ...value: [value?: unknown]
): AgentError {
  return new AgentError(code, mismatchMessage(path, requirement, ...value), { path });
}

/** Throws `INVALID_ARGUMENT` unless the value is a non-empty, well-formed string. */
export function requireText(value: unknown, path: string): void {
  if (typeof value === "string" && value !== "" && value.isWellFormed()) return;
  throw invalidValue("INVALID_ARGUMENT", path, "a non-empty, well-formed string", value);
}
