import type { RunResult } from "./run/run-result.ts";
import type { Thread } from "./thread/thread.ts";

/**
 * Why a call of an agent failed. The set is closed and a code's meaning never changes within a major
 * version; the README says of each what to do.
 */
export type AgentErrorCode =
  | "CLIENT_FAILED"
  | "CONVERSATION_BUSY"
  | "CONVERSATION_CONFLICT"
  | "INVALID_ARGUMENT"
  | "LEASE_LOST"
  | "MODEL_REFUSED"
  | "MODEL_UNAVAILABLE"
  | "RESPONSE_INVALID"
  | "SAVE_FAILED"
  | "STREAM_INTERRUPTED"
  | "THREAD_BUSY"
  | "THREAD_INVALID"
  | "THREAD_MISMATCH"
  | "THREAD_TOO_NEW"
  | "TOOL_MISSING"
  | "TOO_MANY_TOOL_ROUNDS"
  | "TURN_OPEN";

/** The codes, for whoever wants to go through all of them. */
export const agentErrorCodes: readonly AgentErrorCode[] = [
  "CLIENT_FAILED",
  "CONVERSATION_BUSY",
  "CONVERSATION_CONFLICT",
  "INVALID_ARGUMENT",
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
  "TOO_MANY_TOOL_ROUNDS",
  "TURN_OPEN",
];

const retryableCodes: ReadonlySet<AgentErrorCode> = new Set([
  "CONVERSATION_BUSY",
  "CONVERSATION_CONFLICT",
  "LEASE_LOST",
  "MODEL_UNAVAILABLE",
  "STREAM_INTERRUPTED",
  "THREAD_BUSY",
]);

/** What an {@link AgentError} knows besides its code and message. */
export interface AgentErrorDetails {
  /** Where in the thread or the argument the fault is, such as `$.messages[3].role`. */
  readonly path?: string | undefined;
  /** The HTTP status of the model's server, where it answered. */
  readonly status?: number | undefined;
  /** The error of the `openai` package, of the network or of a store, untouched. */
  readonly cause?: unknown;
  /** The turn that ended well and was not saved: what the run would have resolved to. */
  readonly result?: RunResult<Thread, object, object> | undefined;
}

// A registered symbol, so that errors of two installed copies of this package know each other.
const brand = Symbol.for("threadstore.agent-error");

/**
 * The only error class of the agents. Branch on {@link code}; messages are for people and may change, and
 * never hold the content of a thread, a key or a URL. An aborted call rejects with the signal's reason
 * instead.
 */
export class AgentError extends Error implements AgentErrorDetails {
  override readonly name = "AgentError";
  readonly code: AgentErrorCode;
  /** Whether the same call can succeed when made again later, with nothing else changed. */
  readonly retryable: boolean;
  readonly path: string | undefined;
  readonly status: number | undefined;
  declare readonly result: RunResult<Thread, object, object> | undefined;

  constructor(code: AgentErrorCode, message: string, details: AgentErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = retryableCodes.has(code);
    this.path = details.path;
    this.status = details.status;
    // Not enumerable: it is content, which does not belong into a log.
    Object.defineProperty(this, "result", { value: details.result });
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is one of ours, of whichever installed copy, and, with `code`, of that code. */
  static is(error: unknown, code?: AgentErrorCode): error is AgentError {
    if (typeof error !== "object" || error === null || !(brand in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** The error as data, for a log; without the cause, which is the provider's to disclose. */
  toJSON(): object {
    const { name, code, message, retryable, path, status } = this;
    return { name, code, message, retryable, path, status };
  }
}
