import type { ThreadKind } from "../thread/thread-kind.ts";
import type { Thread } from "../thread/thread.ts";
import { checkMessages, type ChatMessage } from "./chat-message.ts";
import { findOpenCalls } from "./message-units.ts";

/** One conversation with a chat agent; its messages are in the wire form of Chat Completions. */
export interface ChatThread extends Thread<ChatMessage> {
  readonly kind: "chat";
}

export const chatThreadKind: ThreadKind<"chat", ChatMessage> = {
  kind: "chat",
  version: 1,
  checkMessages,
  findOpenCalls,
  isToolResult: ({ role }) => role === "tool",
};
