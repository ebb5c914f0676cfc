import type { ExportedMessageRepositoryItem, ThreadMessage } from "@assistant-ui/react";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { MessageEntry } from "./message-entry.ts";
import { invalidArgument, ThreadApiError } from "./thread-api-error.ts";

/** The format of assistant-ui's own messages. Runtimes with other messages bring their format. */
export const NATIVE_FORMAT = "assistant-ui";

/** Returns the entry of one of assistant-ui's own messages. */
export function encodeMessage({ message, parentId, runConfig }: ExportedMessageRepositoryItem): MessageEntry {
  const content = toJson({ message, ...(runConfig === undefined ? {} : { runConfig }) });
  return { id: message.id, parent_id: parentId, format: NATIVE_FORMAT, content };
}

/** Returns the message of an entry. Throws {@link ThreadApiError}. */
export function decodeMessage({
  id,
  content,
  parent_id: parentId,
}: MessageEntry): ExportedMessageRepositoryItem {
  const { message, runConfig } = content;
  if (!isMessage(message) || message["id"] !== id) {
    const problem = "This conversation cannot be shown, because one of its messages is invalid.";
    throw new ThreadApiError("THREAD_INVALID", problem, { path: "message" });
  }
  const item = { message: withDates(message) as unknown as ThreadMessage, parentId };
  return isJsonObject(runConfig) ? { ...item, runConfig } : item;
}

const ROLES: readonly unknown[] = ["assistant", "system", "user"];

/** Returns whether assistant-ui can show a message. */
function isMessage(message: unknown): message is JsonObject {
  if (!isJsonObject(message) || !ROLES.includes(message["role"])) return false;
  const { content } = message;
  return Array.isArray(content) && content.every(isJsonObject);
}

/**
 * Returns a copy that is JSON: without attached files, whose contents the attachment adapter has stored, and with
 * U+FFFD instead of lone surrogates, which no store accepts. Throws `INVALID_ARGUMENT`.
 */
export function toJson(value: unknown): JsonObject {
  try {
    return JSON.parse(
      JSON.stringify(value, (_, member: unknown) => {
        if (typeof member === "string") return member.toWellFormed();
        return Object.prototype.toString.call(member) === "[object File]" ? undefined : member;
      }),
    ) as JsonObject;
  } catch {
    throw invalidArgument("message", "a message that JSON can represent");
  }
}

/** Restores the dates of a message, and of the messages of agents that its calls contain. */
function withDates(message: JsonObject): object {
  const { createdAt, content, ...others } = message;
  const date = new Date(typeof createdAt === "string" ? createdAt : 0);
  return {
    ...others,
    createdAt: Number.isNaN(date.getTime()) ? new Date(0) : date,
    content: (content as JsonObject[]).map((part) => {
      const { messages } = part;
      return Array.isArray(messages) ? { ...part, messages: messages.map(nestedMessage) } : part;
    }),
  };
}

function nestedMessage(message: unknown): unknown {
  return isMessage(message) ? withDates(message) : message;
}
