import type { Thread } from "@threadstore/agent";
import type { ThreadKind } from "@threadstore/agent/provider";
import { checkMessages, type ChatMessage } from "./chat-message.ts";
import { chatWire } from "./chat-wire.ts";
import { findOpenCalls } from "./message-units.ts";

/** One conversation with a chat agent; its messages are in the wire form of Chat Completions. */
export interface ChatThread extends Thread<ChatMessage> {
  readonly kind: "chat";
}

export const chatThreadKind: ThreadKind<"chat", ChatMessage> = {
  kind: "chat",
  version: 1,
  wire: chatWire,
  checkMessages,
  findOpenCalls,
  isToolResult: ({ role }) => role === "tool",
};
