import type { SerializedThread } from "@threadstore/core";
import {
  isJsonObject,
  type JsonObject,
  memberPath,
  readEnvelope,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import { envelopeError, invalidThread } from "./conversation-error.ts";

// The README specifies the format. Every later version must read the files in src/golden.
const VERSION = 1;

/** The kinds of threads that this package writes. */
export type ThreadKind = "ai-sdk-model-messages" | "ai-sdk-ui-messages";

/** The content of a conversation's thread. */
export interface ThreadContent {
  /** The messages in their encoded form. */
  readonly messages: readonly JsonObject[];
  /** Members of the thread that this version does not know. They are written back unchanged. */
  readonly extra: JsonObject;
}

/** The content of a new conversation. */
export const EMPTY_CONTENT: ThreadContent = { messages: [], extra: {} };

/** Serializes a conversation. Messages come last: as it grows, its JSON keeps its beginning, which stores exploit. */
export function writeThread(kind: ThreadKind, { messages, extra }: ThreadContent): SerializedThread {
  return { format: THREAD_FORMAT, version: VERSION, kind, ...extra, messages: [...messages] };
}

/**
 * Reads a stored thread, which is untrusted. The messages themselves are checked elsewhere.
 *
 * If the messages are repaired later, each element that is not a message is read as one without members.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind of thread, or `THREAD_TOO_NEW`.
 */
export function readThread(kind: ThreadKind, thread: SerializedThread, areRepaired = false): ThreadContent {
  const { messages, ...extra } = readMembers(kind, thread);
  const path = "$.messages";
  if (!Array.isArray(messages)) throw invalidThread(path, "an array of messages");
  // Repairs drop a message without members, and report its position.
  if (areRepaired) return { messages: messages.map((item) => (isJsonObject(item) ? item : {})), extra };
  for (const [index, message] of messages.entries()) {
    if (!isJsonObject(message)) throw invalidThread(memberPath(path, index), "a message");
  }
  return { messages: messages as JsonObject[], extra };
}

/** Reads the members of a thread as {@link readThread} does, whatever they are. */
export function readMembers(kind: ThreadKind, thread: SerializedThread): JsonObject {
  const { members } = readEnvelope<string>(thread, {
    kinds: { [kind]: VERSION },
    packageName: "@threadstore/ai-sdk",
    error: envelopeError,
  });
  return members;
}
