import type { ChatThread, LoadedConversation } from "@threadstore/openai";

export interface ShownConversation {
  readonly title: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  /** How the last turn ended, if without an answer. */
  readonly openTurn?: string | undefined;
}

/** Returns what the page shows of a conversation: its texts, without tool calls, and how the last turn ended. */
export function shownConversation({ stored, thread }: LoadedConversation<ChatThread>): ShownConversation {
  const messages = thread.messages.flatMap((message) => {
    const isShown = message.role === "user" || message.role === "assistant";
    const text = isShown ? textOf(message.content) : "";
    return text === "" ? [] : [{ role: message.role, text }];
  });
  const { openTurn } = thread;
  const partial = openTurn?.text ?? "";
  return {
    title: stored.metadata["title"] ?? "Untitled",
    messages: partial === "" ? messages : [...messages, { role: "assistant", text: partial }],
    openTurn: openTurn?.state,
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as { text?: unknown }[]) : [];
  return parts.map(({ text }) => (typeof text === "string" ? text : "")).join("");
}
