import { AgentError } from "@threadstore/agent";
import { APIConnectionError } from "openai";

/** The error of a model call, from whatever the `openai` package threw; that is the cause, untouched. */
export function explainModelError(cause: unknown): AgentError {
  if (AgentError.is(cause)) return cause;
  const status = readMember(cause, "status");
  if (typeof status === "number") return explainStatus(status, cause);
  if (cause instanceof APIConnectionError || hasNetworkCode(cause)) {
    return new AgentError("MODEL_UNAVAILABLE", "The model's server could not be reached: see the cause.", {
      cause,
    });
  }
  if (cause instanceof SyntaxError) {
    const message = "The server's answer is not JSON. Does the client's base URL point at Chat Completions?";
    return new AgentError("RESPONSE_INVALID", message, { cause });
  }
  const message =
    "The openai client failed before the model's server was asked, as it does without credentials: see the cause.";
  return new AgentError("CLIENT_FAILED", message, { cause });
}

/** The error of a stream that had begun. */
export function explainInterruption(cause: unknown): AgentError {
  const message =
    "The model's answer broke off before its end: see the cause. The thread is as it was before. Run it again.";
  return new AgentError("STREAM_INTERRUPTED", message, { cause });
}

function explainStatus(status: number, cause: unknown): AgentError {
  const code = readMember(cause, "code");
  // The server's code is a token such as context_length_exceeded. Its message may quote the conversation.
  const answer =
    typeof code === "string" && /^[\w.-]{1,64}$/.test(code)
      ? `status ${status}, ${code}`
      : `status ${status}`;
  if (isTemporary(status, code)) {
    const message = `The model's server cannot answer now (${answer}). Try again later.`;
    return new AgentError("MODEL_UNAVAILABLE", message, { status, cause });
  }
  const message = `The model's server refused the request (${answer}). ${remedy(status)}`;
  return new AgentError("MODEL_REFUSED", message, { status, cause });
}

function isTemporary(status: number, code: unknown): boolean {
  // Too many requests, but no later one will fare better.
  if (code === "insufficient_quota") return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

function remedy(status: number): string {
  if (status === 401) return "Check the key or the token provider of the client you passed.";
  if (status === 403) return "Check that the client's identity may use this model or deployment.";
  if (status === 404) return "Check the client's base URL, and that the model or deployment exists.";
  if (status === 429) return "The account's quota is used up.";
  return "The cause says why.";
}

/** Whether the error, or one that caused it, is a failure of the connection: undici's, or the system's. */
function hasNetworkCode(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    const code = readMember(current, "code");
    if (typeof code === "string" && /^(?:UND_ERR_|E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_))/.test(code))
      return true;
    current = current.cause;
  }
  return false;
}

function readMember(error: unknown, name: string): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  return (error as { readonly [member: string]: unknown })[name];
}
