import type { StoredThread } from "@threadstore/core";
import { ConversationError } from "./conversation-error.ts";
import { readThread, type ThreadContent } from "./conversation-thread.ts";
import type { Conversation } from "./conversation.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { canonicalJson, isJsonObject, type JsonObject } from "./json.ts";
import type { MessageKind } from "./message-kind.ts";

/** What is behind a conversation that this package handed out. */
export interface Known {
  readonly stored: StoredThread;
  readonly content: ThreadContent;
  /** Each message as it is stored, by what the caller was given of it. */
  readonly storedAs: ReadonlyMap<string, JsonObject>;
}

/** Messages as they are to be stored, and as they will be read. */
export interface EncodedMessages<Message> {
  readonly encoded: readonly JsonObject[];
  readonly messages: Message[];
}

/** Makes stored threads of messages, and messages of stored threads. */
export interface MessageReader<Message> {
  /** What a stored thread holds, its messages unseen. Throws as `readThread` does. */
  contentOf(stored: StoredThread): ThreadContent;
  /** The messages of a thread, checked. Rejects with `THREAD_INVALID`. */
  messagesOf(content: ThreadContent): Promise<Message[]>;
  /**
   * The caller's messages as they are to be stored, checked; `known` is what they were made from. Takes a copy of them
   * before it waits for anything. Rejects with `INVALID_ARGUMENT`.
   */
  encode(
    messages: readonly Message[],
    known?: Known | Promise<Known | undefined>,
  ): Promise<EncodedMessages<Message>>;
  /** What the caller gets of a thread. */
  handOut(stored: StoredThread, content: ThreadContent, messages: Message[]): Conversation<Message>;
  /** What is behind it; `undefined` for a copy. */
  known(conversation: Conversation<Message>): Known | undefined;
}

export function messageReader<Message>(kind: MessageKind<Message>): MessageReader<Message> {
  const handedOut = new WeakMap<object, Known>();

  async function messagesOf({ messages }: ThreadContent): Promise<Message[]> {
    const result = await kind.check(
      messages.map((message, index) => decode(message, `$.messages[${index}]`)),
    );
    if ("messages" in result) return result.messages;
    const path = `$.messages${result.fault.path}`;
    throw new ConversationError("THREAD_INVALID", `${path}: ${result.fault.reason}`, {
      ...result.fault,
      path,
    });
  }

  async function encodeMessages(
    given: readonly Message[],
    known?: Known | Promise<Known | undefined>,
  ): Promise<EncodedMessages<Message>> {
    const copies = encodeList(given);
    const storedAs = (await known)?.storedAs;
    // A message that the caller did not change stays as it is stored, with what the SDK's check left out of it.
    const encoded = copies.map((message) => storedAs?.get(canonicalJson(message)) ?? message);
    const result = await kind.check(encoded.map((message) => decode(message, "$")));
    if ("messages" in result) return { encoded, messages: result.messages };
    const path = `$${result.fault.path}`;
    const details = { ...result.fault, path, unsaved: given };
    throw new ConversationError("INVALID_ARGUMENT", `${path}: ${result.fault.reason}`, details);
  }

  return {
    contentOf: (stored) => readThread(kind.kind, JSON.parse(stored.json)),
    messagesOf,
    encode: encodeMessages,
    known: (conversation) => handedOut.get(conversation),

    handOut(stored, content, messages) {
      const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
      const conversation = { id, version, size, createdAt, updatedAt, expiresAt, metadata, messages };
      const storedAs = new Map(
        encodeList(messages).map((given, index) => [canonicalJson(given), content.messages[index] ?? given]),
      );
      handedOut.set(conversation, { stored, content, storedAs });
      return conversation;
    },
  };
}

function encodeList(messages: unknown): JsonObject[] {
  if (!Array.isArray(messages)) {
    throw new ConversationError("INVALID_ARGUMENT", "$: expected a list of messages.", { path: "$" });
  }
  return messages.map((message: unknown, index) => {
    const encoded = encode(message, `$[${index}]`);
    if (isJsonObject(encoded)) return encoded;
    const path = `$[${index}]`;
    throw new ConversationError("INVALID_ARGUMENT", `${path}: expected a message.`, { path });
  });
}
