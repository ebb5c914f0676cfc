import { AgentError } from "@threadstore/agent";
import { isError } from "@threadstore/core/documents";

/** Returns the `AgentError` for an error of the `openai` package, which becomes its cause. */
export function toModelError(cause: unknown): AgentError {
  if (AgentError.is(cause)) return cause;
  const status = readMember(cause, "status");
  if (typeof status === "number") return statusError(status, cause);
  if (isConnectionError(cause) || hasNetworkCode(cause)) {
    const message = "Cannot reach the model's server. See the cause.";
    return new AgentError("MODEL_UNAVAILABLE", message, { cause });
  }
  if (readMember(cause, "name") === "SyntaxError") {
    const message =
      "The server's response is not JSON. Check that the client's base URL points at the model's API.";
    return new AgentError("RESPONSE_INVALID", message, { cause });
  }
  const message =
    "The openai client failed before it sent the request, for example without credentials. See the cause.";
  return new AgentError("CLIENT_FAILED", message, { cause });
}

/** Returns the error for a stream that failed after it had started. */
export function streamInterrupted(cause: unknown): AgentError {
  const message =
    "The model's response ended early, so the run failed. Run it again, or resume its open turn; see the cause.";
  return new AgentError("STREAM_INTERRUPTED", message, { cause });
}

function statusError(status: number, cause: unknown): AgentError {
  const code = readMember(cause, "code");
  // A server's code is a token such as context_length_exceeded. Its message may quote the conversation.
  const response =
    typeof code === "string" && /^[\w.-]{1,64}$/.test(code)
      ? `status ${status}, ${code}`
      : `status ${status}`;
  if (isTemporary(status, code)) {
    const message = `The model's server is temporarily unavailable (${response}). Try again later.`;
    return new AgentError("MODEL_UNAVAILABLE", message, { status, cause });
  }
  const message = `The model's server rejected the request (${response}). ${remedy(status)}`;
  return new AgentError("MODEL_REFUSED", message, { status, cause });
}

function isTemporary(status: number, code: unknown): boolean {
  // Status 429 as well, but a later request fails too.
  if (code === "insufficient_quota") return false;
  // Another request to the conversation of the service is in progress, such as one that was aborted.
  if (code === "conversation_locked") return true;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

function remedy(status: number): string {
  if (status === 401) return "Check the key or the token provider of the client.";
  if (status === 403) return "Check that the client's identity may use this model or deployment.";
  if (status === 404) return "Check the client's base URL, and that the model or deployment exists.";
  if (status === 429) return "Raise the account's quota, which is used up.";
  return "See the cause.";
}

/** The members of every `APIError` that a connection error leaves `undefined`, because there was no response. */
const RESPONSE_MEMBERS = ["status", "headers", "error"];

/**
 * Returns whether an error is an `APIConnectionError`. By its shape, because an application that uses `require` has
 * another copy of the class, a bundler may have renamed it, and its instances have the name `Error`.
 */
function isConnectionError(error: unknown): boolean {
  return (
    isError(error) && RESPONSE_MEMBERS.every((name) => name in error && readMember(error, name) === undefined)
  );
}

/** Returns whether the error, or one of its causes, is a connection failure of undici or the system. */
function hasNetworkCode(error: unknown): boolean {
  for (let current = error, depth = 0; isError(current) && depth < 5; depth += 1) {
    const code = readMember(current, "code");
    if (typeof code === "string" && /^(?:UND_ERR_|E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_))/.test(code)) {
      return true;
    }
    current = current.cause;
  }
  return false;
}

function readMember(error: unknown, name: string): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  return (error as { readonly [member: string]: unknown })[name];
}
