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

const PROBLEMS: Readonly<Partial<Record<Code, readonly [status: ContentfulStatusCode, title: string]>>> = {
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
  UNAVAILABLE: [503, "Your conversations cannot be reached right now. Try again in a moment."],
  CORRUPT: [500, "This conversation is damaged and cannot be opened. The others are not affected."],
  THREAD_INVALID: [500, "This conversation is damaged and cannot be opened. The others are not affected."],
};

const UNEXPECTED = [500, "Something went wrong. Nothing that was saved is lost. Try again."] as const;

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
  const [status, title] = PROBLEMS[code] ?? UNEXPECTED;
  return { status, code, title };
}
