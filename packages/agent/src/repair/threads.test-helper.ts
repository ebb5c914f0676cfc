import type { SerializedThread } from "@threadstore/core";

export type Messages = readonly unknown[];

/** A thread of a chat agent. `members` follow the messages. */
export function threadOf(messages: Messages, members: object = {}): SerializedThread {
  const head = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant" };
  return { ...head, messages, ...members } as unknown as SerializedThread;
}

export function messagesOf(thread: SerializedThread): Messages {
  return thread["messages"] as Messages;
}

export const user: object = { role: "user", content: "What is the weather in Rome?" };
export const thanks: object = { role: "user", content: "Thank you." };
export const answer: object = { role: "assistant", content: "Blue sky.", refusal: null };

export function call(id: unknown, name: unknown = "weather", args: unknown = '{"city":"Rome"}'): object {
  return { id, type: "function", function: { name, arguments: args } };
}

export function asks(...calls: unknown[]): object {
  return { role: "assistant", content: null, tool_calls: calls };
}

export function result(id: unknown, content: unknown = "blue sky"): object {
  return { role: "tool", tool_call_id: id, content };
}
