import type { JsonValue, SerializedThread } from "@threadstore/core";
import { ConversationError, invalidThread } from "./conversation-error.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

// The README specifies the format; src/golden holds what every later version must read.
const format = "threadstore.thread";
const version = 1;

/** The kinds of threads that this package writes. */
export type ThreadKind = "ai-sdk-model-messages" | "ai-sdk-ui-messages";

/** What the thread of a conversation holds. */
export interface ThreadContent {
  /** As they are stored: encoded. */
  readonly messages: readonly JsonObject[];
  /** Members of the thread that this version does not know, carried along. */
  readonly extra: JsonObject;
}

/** A conversation in which nothing was said yet. */
export const emptyContent: ThreadContent = { messages: [], extra: {} };

/** The messages come last: a conversation that grows keeps a long unchanged beginning, which stores exploit. */
export function writeThread(kind: ThreadKind, { messages, extra }: ThreadContent): SerializedThread {
  return { format, version, kind, ...extra, messages: [...messages] };
}

/**
 * Reads a stored thread, which is untrusted; what is in a message is checked elsewhere.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind of thread, `THREAD_TOO_NEW`.
 */
export function readThread(kind: ThreadKind, thread: SerializedThread): ThreadContent {
  const { format: foundFormat, version: foundVersion, kind: foundKind, messages, ...extra } = thread;
  if (foundFormat !== format) throw mismatch("$.format", format, foundFormat);
  if (foundKind !== kind) throw mismatch("$.kind", kind, foundKind);
  checkVersion(foundVersion);
  if (!Array.isArray(messages)) throw invalidThread("$.messages", "a list of messages");
  for (const [index, message] of messages.entries()) {
    if (!isJsonObject(message)) throw invalidThread(`$.messages[${index}]`, "a message");
  }
  return { messages: messages as JsonObject[], extra };
}

function checkVersion(found: JsonValue | undefined): void {
  if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 1) {
    throw invalidThread("$.version", "a whole number from 1");
  }
  if (found <= version) return;
  throw new ConversationError(
    "THREAD_TOO_NEW",
    `This conversation has format version ${found}; this version of @threadstore/ai-sdk reads up to ${version}. Update the package.`,
    { path: "$.version" },
  );
}

function mismatch(path: string, expected: string, found: JsonValue | undefined): ConversationError {
  const name = typeof found === "string" ? JSON.stringify(found.slice(0, 80).toWellFormed()) : "none";
  return new ConversationError(
    "THREAD_MISMATCH",
    `${path}: what is stored under this id is no such conversation: expected "${expected}", found ${name}. Give conversations a namespace of their own.`,
    { path },
  );
}
