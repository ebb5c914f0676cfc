import type { ThreadStore } from "@threadstore/core";
import type { ModelMessage, UIMessage } from "ai";
import type { Conversation, MessageStore } from "./conversation.ts";
import { messageStore } from "./message-store.ts";
import { modelMessageKind } from "./model-message-kind.ts";
import { createTurn, type Turn, type TurnOptions } from "./turn.ts";
import { uiMessageKind, type UIMessageSchemas } from "./ui-message-kind.ts";

/**
 * Options of {@link uiMessageStore}: the store, and the schemas to check messages with, as in `validateUIMessages`.
 */
export type UIMessageStoreOptions<Message extends UIMessage> = UIMessageSchemas<Message> & {
  readonly store: ThreadStore;
};

/** Loads and saves conversations of UI messages. */
export interface UIMessageStore<Message extends UIMessage> extends MessageStore<Message> {
  /**
   * Returns options to spread into `toUIMessageStream` or `toUIMessageStreamResponse`. They save the answer after
   * each step and at its end, including when it is aborted. Changes that other requests save in the meantime are
   * kept. If another request changes the same message, saving rejects with `CONFLICT` and the messages in the
   * error's `unsaved`.
   */
  turn(conversation: Conversation<Message>, options?: TurnOptions): Turn<Message>;
}

/**
 * Creates a store for the AI SDK's `UIMessage[]`, with one thread for each conversation. Throws `INVALID_ARGUMENT` if
 * `store` is not a `ThreadStore`.
 */
export function uiMessageStore<Message extends UIMessage = UIMessage>({
  store,
  ...schemas
}: UIMessageStoreOptions<Message>): UIMessageStore<Message> {
  const parts = messageStore(store, uiMessageKind<Message>(schemas as UIMessageSchemas<Message>));
  return {
    ...parts.publicStore,
    turn: (conversation, options = {}) => createTurn(parts, conversation, options),
  };
}

/** Options of {@link modelMessageStore}. */
export interface ModelMessageStoreOptions {
  readonly store: ThreadStore;
}

/**
 * Creates a store for the AI SDK's `ModelMessage[]`, with one thread for each conversation: for agents without a user
 * interface. Bytes, URLs and dates keep their types. Throws `INVALID_ARGUMENT` if `store` is not a `ThreadStore`.
 */
export function modelMessageStore({ store }: ModelMessageStoreOptions): MessageStore<ModelMessage> {
  return messageStore(store, modelMessageKind).publicStore;
}
