import type { SaveOptions } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { createIdGenerator, type IdGenerator, type UIMessage, type UIMessageStreamOnEndCallback } from "ai";
import type { Conversation } from "./conversation.ts";
import type { MessageStoreParts } from "./message-store.ts";

/** Options of `turn`. `metadata`, `ttlMs` and the others are those of the store. */
export interface TurnOptions extends Omit<SaveOptions, "overwrite" | "previous"> {
  /**
   * Generates the ids of the model's answers.
   * @default createIdGenerator({ prefix: "msg", size: 16 })
   */
  readonly generateMessageId?: IdGenerator | undefined;
}

/** Options for `toUIMessageStream` that save an answer while it is generated. */
export interface Turn<Message extends UIMessage> {
  readonly originalMessages: Message[];
  readonly generateMessageId: IdGenerator;
  /** Saves the answer after each step, so that a crash loses no tool results. */
  readonly onStepEnd: (event: { readonly messages: Message[] }) => Promise<void>;
  /** Saves the answer, complete or not. If saving fails, the stream ends with the error. */
  readonly onEnd: UIMessageStreamOnEndCallback<Message>;
}

export function createTurn<Message extends UIMessage>(
  { codec, merge }: MessageStoreParts<Message>,
  conversation: Conversation<Message>,
  { generateMessageId = createIdGenerator({ prefix: "msg", size: 16 }), ...options }: TurnOptions,
): Turn<Message> {
  const { id, messages: originalMessages } = conversation;
  const originalIds = new Set(originalMessages.map((message) => message.id));
  const source = codec.sourceOf(conversation);
  // The last state that this turn saved, not the merged one: otherwise, the next save would remove other requests'
  // messages, which the SDK's list never contains.
  let base: readonly JsonObject[] | undefined = source?.content.messages;

  async function save(event: { readonly messages: Message[] }): Promise<void> {
    const messages = event.messages.filter((message) => originalIds.has(message.id) || hasContent(message));
    const { encoded: mine } = await codec.encode(messages, source);
    await merge(id, { base, mine, messages }, options);
    base = mine;
  }

  return { originalMessages: [...originalMessages], generateMessageId, onStepEnd: save, onEnd: save };
}

/** Returns whether an answer has any content. One that was aborted, or failed, before its first token has none. */
function hasContent({ parts }: UIMessage): boolean {
  return parts.some(({ type }) => type !== "step-start");
}
