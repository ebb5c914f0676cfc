import type { StoredThread } from "@threadstore/core";
import { canonicalJson, isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { ConversationError, type ConversationErrorCode, invalidArgument } from "./conversation-error.ts";
import { readThread, type ThreadContent } from "./conversation-thread.ts";
import type { Conversation } from "./conversation.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import type { Fault, MessageKind } from "./message-kind.ts";

/** The stored thread that a conversation was read from. */
export interface ConversationSource {
  readonly stored: StoredThread;
  readonly content: ThreadContent;
  /** The stored form of each message, by the canonical JSON of the message that the caller received. */
  readonly storedForms: ReadonlyMap<string, JsonObject>;
}

/** Messages in the form to store, and in the form that reading them returns. */
export interface EncodedMessages<Message> {
  readonly encoded: readonly JsonObject[];
  readonly messages: Message[];
}

/** Converts between stored threads and conversations. */
export interface MessageCodec<Message> {
  /** Returns the content of a stored thread without checking its messages. Throws as `readThread` does. */
  contentOf(stored: StoredThread): ThreadContent;
  /** Resolves with the checked messages of a thread. Rejects with `THREAD_INVALID`. */
  messagesOf(content: ThreadContent): Promise<Message[]>;
  /**
   * Checks and encodes a caller's messages. `source` is the thread that they were derived from. Copies the messages
   * synchronously. Rejects with `INVALID_ARGUMENT`.
   */
  encode(
    messages: readonly Message[],
    source?: ConversationSource | Promise<ConversationSource | undefined>,
  ): Promise<EncodedMessages<Message>>;
  /** Creates the conversation to return to the caller, and remembers its source. */
  toConversation(stored: StoredThread, content: ThreadContent, messages: Message[]): Conversation<Message>;
  /** Returns the source of a conversation, or `undefined` for a copy of a conversation. */
  sourceOf(conversation: Conversation<Message>): ConversationSource | undefined;
}

export function messageCodec<Message>(kind: MessageKind<Message>): MessageCodec<Message> {
  const sources = new WeakMap<object, ConversationSource>();

  async function messagesOf({ messages }: ThreadContent): Promise<Message[]> {
    const path = "$.messages";
    const decoded = messages.map((message, index) => decode(message, memberPath(path, index)));
    const result = await kind.check(decoded);
    if ("messages" in result) return result.messages;
    throw faultError("THREAD_INVALID", path, result.fault);
  }

  async function encodeMessages(
    messages: readonly Message[],
    source?: ConversationSource | Promise<ConversationSource | undefined>,
  ): Promise<EncodedMessages<Message>> {
    const copies = encodeList(messages);
    const storedForms = (await source)?.storedForms;
    // A message that the caller did not change keeps its stored form, including members that the SDK's check removed.
    const encoded = copies.map((message) => storedForms?.get(canonicalJson(message)) ?? message);
    const result = await kind.check(encoded.map((message) => decode(message, "$")));
    if ("messages" in result) return { encoded, messages: result.messages };
    throw faultError("INVALID_ARGUMENT", "$", result.fault, messages);
  }

  return {
    contentOf: (stored) => readThread(kind.kind, JSON.parse(stored.json)),
    messagesOf,
    encode: encodeMessages,
    sourceOf: (conversation) => sources.get(conversation),

    toConversation(stored, content, messages) {
      const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
      const conversation = { id, version, size, createdAt, updatedAt, expiresAt, metadata, messages };
      const storedForms = new Map(
        encodeList(messages).map((message, index) => {
          return [canonicalJson(message), content.messages[index] ?? message];
        }),
      );
      sources.set(conversation, { stored, content, storedForms });
      return conversation;
    },
  };
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

function faultError(
  code: ConversationErrorCode,
  listPath: string,
  fault: Fault,
  unsaved?: readonly unknown[],
): ConversationError {
  const path = listPath + fault.path;
  const cause = "cause" in fault ? { cause: fault.cause } : {};
  return new ConversationError(code, `\`${path}\` ${fault.problem}`, { path, unsaved, ...cause });
}
