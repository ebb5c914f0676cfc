import { type ThreadStoreErrorCode, ThreadStoreError } from "@threadstore/core";
import { AgentError, type AgentErrorCode } from "@threadstore/openai";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A failure in the words of the person who chats. Operators find the error itself in the log. */
export interface Problem {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly title: string;
}

/** Thrown for a request that this application does not understand. `message` is shown. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

type Code = AgentErrorCode | ThreadStoreErrorCode | "MISSING" | "STOPPED" | "BAD_REQUEST" | "UNEXPECTED";

type Explanation = readonly [status: ContentfulStatusCode, title: string];

const UNEXPECTED: Explanation = [500, "Something went wrong. Nothing that was saved is lost. Try again."];
const CHANGED: Explanation = [409, "This conversation has changed. Reload the page."];
const DAMAGED: Explanation = [
  500,
  "This conversation is damaged and cannot be opened. The others are not affected.",
];
const UNREACHABLE: Explanation = [
  503,
  "Your conversations cannot be reached right now. Try again in a moment.",
];
const UNSUPPORTED: Explanation = [
  500,
  "This version of the assistant cannot continue this conversation. Start a new one.",
];

const PROBLEMS: Readonly<Record<Code, Explanation>> = {
  INVALID_ARGUMENT: [400, "This address is not valid. Reload the page."],
  MISSING: [404, "This conversation does not exist any more."],
  STOPPED: [409, "You stopped this answer."],
  MODEL_UNAVAILABLE: [503, "The assistant cannot be reached right now. Try again in a moment."],
  STREAM_INTERRUPTED: [503, "The answer was cut off. Send the message again."],
  MODEL_REFUSED: [422, "The assistant cannot answer this. Change the message and send it again."],
  CONVERSATION_BUSY: [
    409,
    "Another answer of this conversation is still being written. Try again in a moment.",
  ],
  TOO_MANY_ATTEMPTS: [409, "The assistant failed to answer this several times. Write it in other words."],
  TOO_LARGE: [413, "This conversation is full. Start a new one."],
  BAD_REQUEST: [400, "This request is not valid. Reload the page."],
  RESPONSE_INVALID: [502, "The assistant's answer could not be read. Send the message again."],
  TOO_MANY_TOOL_ROUNDS: [422, "The assistant did not come to an end. Ask for less at a time."],
  APPROVAL_DECIDED: [409, "This was decided already. Reload the page."],
  APPROVAL_STALE: CHANGED,
  CONFLICT: CHANGED,
  CONVERSATION_CONFLICT: CHANGED,
  KEY_REUSED: [409, "This message was sent before with other words. Reload the page."],
  LEASE_LOST: CHANGED,
  THREAD_BUSY: [409, "Another answer of this conversation is still being written. Try again in a moment."],
  TURN_ABANDONED: CHANGED,
  TURN_OPEN: [409, "The assistant is waiting for a decision. Reload the page."],
  CLOSED: UNREACHABLE,
  SAVE_FAILED: [503, "The answer could not be saved. Reload the page before you send the message again."],
  UNAVAILABLE: UNREACHABLE,
  OUTCOME_UNKNOWN: [500, "It is unknown whether this was saved. Reload the page."],
  STORAGE_FULL: [507, "There is no space for more messages at the moment. Try again later."],
  CORRUPT: DAMAGED,
  THREAD_INVALID: DAMAGED,
  THREAD_MISMATCH: UNSUPPORTED,
  THREAD_TOO_NEW: UNSUPPORTED,
  TOOL_MISSING: UNSUPPORTED,
  ACCESS_DENIED: UNEXPECTED,
  BACKEND_ERROR: UNEXPECTED,
  CLIENT_FAILED: UNEXPECTED,
  MISCONFIGURED: UNEXPECTED,
  UNEXPECTED,
};

/** Explains the error to the person who chats. Logs it unless it is the person's own doing. */
export function problemOf(error: unknown): Problem {
  if (error instanceof BadRequest) return { status: 400, code: "BAD_REQUEST", title: error.message };
  if (error instanceof HTTPException && error.status === 413) {
    return { status: 413, code: "TOO_LARGE", title: "This message is too long." };
  }
  if (error instanceof DOMException && error.name === "AbortError") return problem("STOPPED");
  const code = AgentError.is(error) || ThreadStoreError.is(error) ? error.code : "UNEXPECTED";
  console.error(error);
  return problem(code);
}

/** Responds with a problem (RFC 9457). */
export function respondWithProblem(error: unknown, context: Context): Response {
  const { status, ...details } = error === "MISSING" ? problem("MISSING") : problemOf(error);
  return context.json({ status, ...details }, status, { "content-type": "application/problem+json" });
}

function problem(code: Code): Problem {
  // A later release may have other codes.
  const [status, title] = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : UNEXPECTED;
  return { status, code, title };
}
