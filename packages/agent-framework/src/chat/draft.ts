import type {
  ChatCall,
  ChatMessage,
  ChatPart,
  ChatSpeakerMessage,
  ChatToolMessage,
} from "./converted-message.ts";

/** A message of Chat Completions under construction. */
export type Draft = SpeakerDraft | ResultDraft;

export interface SpeakerDraft {
  readonly role: ChatSpeakerMessage["role"];
  readonly name: string | undefined;
  readonly parts: ChatPart[];
  readonly calls: ChatCall[];
  refusal: string | undefined;
  /** The path of the source message. */
  readonly path: string;
  /** The paths of the source content items. */
  readonly contentPaths: string[];
  /** The paths of the source content items of {@link calls}, in the same order. */
  readonly callPaths: string[];
}

export interface ResultDraft {
  readonly role: "tool";
  readonly message: ChatToolMessage;
  /** The path of the source content item. */
  readonly path: string;
}

export function isEmpty({ parts, calls, refusal }: SpeakerDraft): boolean {
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

function finishContent(parts: readonly ChatPart[]): ChatSpeakerMessage["content"] {
  const [part] = parts;
  if (part === undefined) return null;
  return parts.length === 1 && part.type === "text" ? part.text : parts;
}
