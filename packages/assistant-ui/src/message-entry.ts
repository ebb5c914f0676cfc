import type { MessageStorageEntry } from "@assistant-ui/react";
import type { JsonObject } from "@threadstore/core/documents";

/** The `kind` of a thread whose messages a page appended. */
export const PAGE_THREAD_KIND = "assistant-ui-messages";
export const PAGE_THREAD_VERSION = 1;

/** A version of a message, as the thread has it. Later entries replace earlier ones with the same id and format. */
export type MessageEntry = MessageStorageEntry<JsonObject>;

/** Removes the message with this id in all formats. Messages that follow it then follow the message before it. */
export interface Deletion {
  readonly id: string;
  readonly deleted: true;
}

/** An element of a thread's messages. */
export type LogElement = Deletion | MessageEntry;
