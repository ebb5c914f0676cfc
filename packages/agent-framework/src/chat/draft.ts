import type { ChatCall, ChatMessage, ChatPart, ChatSpokenMessage, ChatToolMessage } from "./chat-message.ts";

/** A message of Chat Completions while contents are added to it. */
export type Draft = SpokenDraft | ResultDraft;

export interface SpokenDraft {
  readonly role: ChatSpokenMessage["role"];
  readonly name: string | undefined;
  readonly parts: ChatPart[];
  readonly calls: ChatCall[];
  refusal: string | undefined;
  /** Where it comes from. */
  readonly path: string;
  /** Where the contents are that say what it says. */
  readonly contentPaths: string[];
  /** Where the calls are, in the order of {@link calls}. */
  readonly callPaths: string[];
}

export interface ResultDraft {
  readonly role: "tool";
  readonly message: ChatToolMessage;
  readonly path: string;
}

export function isEmpty({ parts, calls, refusal }: SpokenDraft): boolean {
  return parts.length === 0 && calls.length === 0 && refusal === undefined;
}

export function finishDraft(draft: Draft): ChatMessage {
  if (draft.role === "tool") return draft.message;
  const { role, name, parts, calls, refusal } = draft;
  return {
    role,
    ...(name === undefined ? {} : { name }),
    content: finishContent(parts),
    ...(refusal === undefined ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function finishContent(parts: readonly ChatPart[]): ChatSpokenMessage["content"] {
  const [part] = parts;
  if (part === undefined) return null;
  return parts.length === 1 && part.type === "text" ? part.text : parts;
}
