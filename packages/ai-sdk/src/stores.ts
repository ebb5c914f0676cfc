import type { ThreadStore } from "@threadstore/core";
import type { ModelMessage, UIMessage } from "ai";
import type { Conversation, MessageStore } from "./conversation.ts";
import { messageStore } from "./message-store.ts";
import { modelMessageKind } from "./model-message-kind.ts";
import { type Turn, turnOf, type TurnOptions } from "./turn.ts";
import { uiMessageKind, type UIMessageSchemas } from "./ui-message-kind.ts";

/** Where UI messages are kept, and the schemas that they are checked with, as for `validateUIMessages`. */
export type UIMessageStoreOptions<Message extends UIMessage> = UIMessageSchemas<Message> & {
  readonly store: ThreadStore;
};

/** Conversations as a chat's page shows them. */
export interface UIMessageStore<Message extends UIMessage> extends MessageStore<Message> {
  /**
   * Options to spread into `toUIMessageStream`, or `toUIMessageStreamResponse`: the answer is saved after each step and
   * at its end, also when it was aborted. What other requests save meanwhile stays. If one changed the same message,
   * saving is a `CONFLICT`, with the messages in the error's `unsaved`.
   */
  turn(conversation: Conversation<Message>, options?: TurnOptions): Turn<Message>;
}

/**
 * Keeps the `UIMessage[]` of the AI SDK, one thread for a conversation. Throws `INVALID_ARGUMENT` without a store.
 */
export function uiMessageStore<Message extends UIMessage = UIMessage>({
  store,
  ...schemas
}: UIMessageStoreOptions<Message>): UIMessageStore<Message> {
  const parts = messageStore(store, uiMessageKind<Message>(schemas as UIMessageSchemas<Message>));
  return {
    ...parts.publicStore,
    turn: (conversation, options = {}) => turnOf(parts, conversation, options),
  };
}

/** Where model messages are kept. */
export interface ModelMessageStoreOptions {
  readonly store: ThreadStore;
}

/**
 * Keeps the `ModelMessage[]` of the AI SDK, one thread for a conversation: for agents without a page. Bytes, URLs and
 * dates come back as what they were. Throws `INVALID_ARGUMENT` without a store.
 */
export function modelMessageStore({ store }: ModelMessageStoreOptions): MessageStore<ModelMessage> {
  return messageStore(store, modelMessageKind).publicStore;
}
