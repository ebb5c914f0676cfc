import type { MastraDBMessage } from "@mastra/core/memory";
import type { StoredThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { jsonObjectOf, newDocument, readDocument, timeText } from "./documents.ts";
import { checkedName, invalidArgument, invalidThread } from "./mastra-memory-error.ts";

/** A message as it is stored, without the id of its thread. */
export interface StoredMessage extends JsonObject {
  readonly id: string;
  readonly createdAt: string;
}

/** A message to save. */
export interface CheckedMessage {
  readonly threadId: string;
  readonly json: StoredMessage;
}

/** Returns the JSON of a thread. The messages come last, so that the store can append to them. */
export function threadJson(messages: readonly StoredMessage[]): string {
  return JSON.stringify(newDocument("mastra-thread", { messages: [...messages] }));
}

/** Returns a message in the form in which it is stored. Throws `INVALID_ARGUMENT` with the path. */
export function checkedMessage(message: unknown, path: string): CheckedMessage {
  if (!isJsonObject(message)) throw invalidArgument(path, "an object", message);
  const { id, threadId, createdAt, resourceId, ...rest } = message;
  const json = {
    id: checkedName(id, `${path}.id`),
    createdAt: timeText(createdAt, `${path}.createdAt`) ?? new Date().toISOString(),
    ...resourceMember(resourceId, path),
    ...jsonObjectOf(rest, path),
  };
  return { threadId: checkedName(threadId, `${path}.threadId`), json };
}

function resourceMember(resourceId: unknown, path: string): JsonObject {
  if (resourceId === undefined || resourceId === null || resourceId === "") return {};
  return { resourceId: checkedName(resourceId, `${path}.resourceId`) };
}

/**
 * Reads the messages of a stored thread, which is untrusted. The last version of a message replaces the earlier ones,
 * in the position of the first one. Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW`.
 */
export function readMessages(stored: Pick<StoredThread, "thread">): StoredMessage[] {
  const { messages } = readDocument("mastra-thread", stored);
  if (!Array.isArray(messages)) throw invalidThread("$.messages", "an array", messages);
  const byId = new Map<string, StoredMessage>();
  for (const [index, message] of messages.entries()) {
    const path = `$.messages[${index}]`;
    if (!isJsonObject(message)) throw invalidThread(path, "an object", message);
    const { id, createdAt } = message;
    if (typeof id !== "string") throw invalidThread(`${path}.id`, "a string", id);
    if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) {
      throw invalidThread(`${path}.createdAt`, "a time", createdAt);
    }
    // A map keeps the position of a key that it has.
    byId.set(id, { ...message, id, createdAt });
  }
  return [...byId.values()];
}

/** Returns a stored message as Mastra expects it. */
export function messageOf(stored: StoredMessage, threadId: string): MastraDBMessage {
  return { ...stored, threadId, createdAt: new Date(stored.createdAt) } as unknown as MastraDBMessage;
}

/**
 * Returns a message with the changes of an update. Members of `content` and of its metadata that the update does not
 * have are kept. Throws `INVALID_ARGUMENT` with the path.
 */
export function updatedMessage(message: StoredMessage, update: unknown, path: string): StoredMessage {
  if (!isJsonObject(update)) throw invalidArgument(path, "an object", update);
  const { id: _id, threadId: _threadId, createdAt, resourceId, ...rest } = update;
  const { content, ...members } = jsonObjectOf(rest, path);
  return {
    ...message,
    ...members,
    ...(content === undefined ? {} : { content: mergedContent(message["content"], content) }),
    ...resourceMember(resourceId, path),
    createdAt: timeText(createdAt, `${path}.createdAt`) ?? message.createdAt,
  };
}

function mergedContent(before: unknown, change: JsonObject[string]): JsonObject[string] {
  if (!isJsonObject(before) || !isJsonObject(change)) return change;
  const merged = { ...before, ...change };
  const [old, added] = [before["metadata"], change["metadata"]];
  return isJsonObject(old) && isJsonObject(added) ? { ...merged, metadata: { ...old, ...added } } : merged;
}
