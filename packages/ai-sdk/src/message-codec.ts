import type { StoredThread } from "@threadstore/core";
import { canonicalJson, isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { invalidArgument } from "./conversation-error.ts";
import { readThread, type ThreadContent } from "./conversation-thread.ts";
import type { Conversation } from "./conversation.ts";
import { encode } from "./encode.ts";
import type { MessageKind } from "./message-kind.ts";
import { faultError, messageReader, type MessageReader, type MessagesView } from "./message-reader.ts";
import type { ShownMessage } from "./posted-answers.ts";
import type { ReadableMessage } from "./repair/repair-messages.ts";

/** The stored thread that a conversation was read from. */
export interface ConversationSource {
  readonly stored: StoredThread;
  readonly content: ThreadContent;
  /** The stored message of each message, by the canonical JSON of the message that the caller received. */
  readonly storedMessages: ReadonlyMap<string, ReadableMessage>;
}

/** Messages in the form to store, and in the form that reading them returns. */
export interface EncodedMessages<Message> {
  readonly encoded: readonly JsonObject[];
  readonly view: MessagesView<Message>;
}

/** Converts between stored threads and conversations. */
export interface MessageCodec<Message> extends Omit<MessageReader<Message>, "check"> {
  /** Returns the content of a stored thread without checking its messages. Throws as `readThread` does. */
  contentOf(stored: StoredThread): ThreadContent;
  /**
   * Checks and encodes a caller's messages. `source` is the thread that they were derived from. Copies the messages
   * synchronously. Rejects with `INVALID_ARGUMENT`.
   */
  encode(
    messages: readonly Message[],
    source?: ConversationSource | Promise<ConversationSource | undefined>,
  ): Promise<EncodedMessages<Message>>;
  /** Resolves with the stored messages and what reading them returns. Rejects with `THREAD_INVALID`. */
  shownMessages(content: ThreadContent): Promise<readonly ShownMessage[]>;
  /** Creates the conversation to return to the caller, and remembers its source. */
  toConversation(
    stored: StoredThread,
    content: ThreadContent,
    view: MessagesView<Message>,
  ): Conversation<Message>;
  /** Returns the source of a conversation, or `undefined` for a copy of a conversation. */
  sourceOf(conversation: Conversation<Message>): ConversationSource | undefined;
}

export function messageCodec<Message>(kind: MessageKind<Message>): MessageCodec<Message> {
  const sources = new WeakMap<object, ConversationSource>();
  const reader = messageReader(kind);

  async function encodeMessages(
    messages: readonly Message[],
    source?: ConversationSource | Promise<ConversationSource | undefined>,
  ): Promise<EncodedMessages<Message>> {
    const copies = encodeList(messages);
    const storedMessages = (await source)?.storedMessages;
    // A message that the caller did not change keeps its stored form, including members that the SDK's check removed.
    const encoded = copies.map((copy, position): ReadableMessage => {
      const stored = storedMessages?.get(canonicalJson(copy));
      return { position, form: stored?.form ?? copy, readable: stored?.readable ?? copy };
    });
    const isRepaired = encoded.some(({ form, readable }) => form !== readable);
    const result = await reader.check(encoded, "$", isRepaired ? [] : undefined);
    if ("fault" in result) throw faultError("INVALID_ARGUMENT", "$", result.fault, messages);
    return { encoded: encoded.map(({ form }) => form), view: result };
  }

  return {
    contentOf: (stored) => readThread(kind.kind, JSON.parse(stored.json), kind.repairs),
    checkedView: reader.checkedView,
    viewOf: reader.viewOf,
    identified: reader.identified,
    encode: encodeMessages,
    sourceOf: (conversation) => sources.get(conversation),

    shownMessages: async (content) => toShownMessages(await reader.viewOf(content)),

    toConversation(stored, content, { messages, sources: readables, findings }) {
      const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
      const details = { id, version, size, createdAt, updatedAt, expiresAt, metadata };
      const conversation = { ...details, messages, findings, ...kind.prompt(messages, content) };
      const storedMessages = new Map(
        encodeList(messages).flatMap((message, index) => {
          const source = readables[index];
          return source === undefined ? [] : [[canonicalJson(message), source] as const];
        }),
      );
      sources.set(conversation, { stored, content, storedMessages });
      return conversation;
    },
  };
}

function toShownMessages<Message>({ messages, sources }: MessagesView<Message>): ShownMessage[] {
  const shown = encodeList(messages);
  return sources.map(({ readable }, index) => ({ stored: readable, shown: shown[index] ?? readable }));
}

function encodeList(messages: unknown): JsonObject[] {
  if (!Array.isArray(messages)) throw invalidArgument("$", "an array of messages");
  return messages.map((message: unknown, index) => {
    const path = memberPath("$", index);
    const encoded = encode(message, path);
    if (!isJsonObject(encoded)) throw invalidArgument(path, "a message");
    return encoded;
  });
}
