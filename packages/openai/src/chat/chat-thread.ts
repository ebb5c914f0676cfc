import type { Thread } from "@threadstore/agent";
import type { ThreadKind } from "@threadstore/agent/provider";
import { checkMessages, type ChatMessage } from "./chat-message.ts";
import { findOpenCalls } from "./chat-tool-calls.ts";
import { CHAT_WIRE_FORM } from "./chat-wire-form.ts";

/** A conversation with a chat agent. Its messages are in the wire form of Chat Completions. */
export interface ChatThread extends Thread<ChatMessage> {
  readonly kind: "chat";
}

export const CHAT_THREAD_KIND: ThreadKind<"chat", ChatMessage> = {
  kind: "chat",
  version: 1,
  packageName: "@threadstore/openai",
  wireForm: CHAT_WIRE_FORM,
  checkMessages,
  findOpenCalls,
  isToolResult: ({ role }) => role === "tool",
};
