import type { SaveOptions } from "@threadstore/core";
import { createIdGenerator, type IdGenerator, type UIMessage, type UIMessageStreamOnEndCallback } from "ai";
import type { Conversation } from "./conversation.ts";
import type { JsonObject } from "./json.ts";
import type { MessageStoreParts } from "./message-store.ts";

/** Options of `turn`; `metadata`, `ttlMs` and the rest are those of the store. */
export interface TurnOptions extends Omit<SaveOptions, "overwrite" | "previous"> {
  /** @default createIdGenerator({ prefix: "msg", size: 16 }) */
  readonly generateMessageId?: IdGenerator | undefined;
}

/** Options for `toUIMessageStream` that save an answer while it is made. */
export interface Turn<Message extends UIMessage> {
  readonly originalMessages: Message[];
  readonly generateMessageId: IdGenerator;
  /** Saves what there is after each step, so that no tool's result is lost with the process. */
  readonly onStepEnd: (event: { readonly messages: Message[] }) => Promise<void>;
  /** Saves the answer, as far as it came. A failure to save ends the stream with the error. */
  readonly onEnd: UIMessageStreamOnEndCallback<Message>;
}

export function turnOf<Message extends UIMessage>(
  { reader, merge }: MessageStoreParts<Message>,
  conversation: Conversation<Message>,
  { generateMessageId = createIdGenerator({ prefix: "msg", size: 16 }), ...options }: TurnOptions,
): Turn<Message> {
  const { id, messages } = conversation;
  const originals = new Set(messages.map((message) => message.id));
  const known = reader.known(conversation);
  let base: readonly JsonObject[] | undefined = known?.content.messages;

  // Always on top of what this turn itself saved last: what others saved meanwhile is theirs to change.
  async function keep(event: { readonly messages: Message[] }): Promise<void> {
    const given = event.messages.filter((message) => originals.has(message.id) || saysSomething(message));
    const { encoded: mine } = await reader.encode(given, known);
    await merge(id, { base, mine, given }, options);
    base = mine;
  }

  return { originalMessages: [...messages], generateMessageId, onStepEnd: keep, onEnd: keep };
}

/** Not so an answer that was aborted, or failed, before its first word. */
function saysSomething({ parts }: UIMessage): boolean {
  return parts.some(({ type }) => type !== "step-start");
}
