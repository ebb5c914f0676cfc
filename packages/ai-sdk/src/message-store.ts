import { type StoredThread, type ThreadStore, ThreadStoreError, type UpdateOptions } from "@threadstore/core";
import { ConversationError, contradiction, overtaken } from "./conversation-error.ts";
import { emptyContent, type ThreadContent, writeThread } from "./conversation-thread.ts";
import type { Conversation, MessageStore, SaveMessagesOptions } from "./conversation.ts";
import type { JsonObject } from "./json.ts";
import type { MessageKind } from "./message-kind.ts";
import { type Known, messageReader, type MessageReader } from "./message-reader.ts";

/** A change of a conversation, made from `base`; `undefined`: from what, is not known. */
export interface MessageChange<Message> {
  readonly base: readonly JsonObject[] | undefined;
  readonly mine: readonly JsonObject[];
  /** What the caller passed, for the error. */
  readonly given: readonly Message[];
}

/** A store of messages, and what only this package does with it. */
export interface MessageStoreParts<Message> {
  readonly publicStore: MessageStore<Message>;
  readonly reader: MessageReader<Message>;
  readonly merge: MergeMessages<Message>;
}

/** Makes a change in what is stored now. Rejects with `CONFLICT` where it contradicts that. */
export type MergeMessages<Message> = (
  id: string,
  change: MessageChange<Message>,
  options: UpdateOptions,
) => Promise<Conversation<Message>>;

export function messageStore<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
): MessageStoreParts<Message> {
  checkStore(store);
  const reader = messageReader(kind);
  const update = contentUpdate(store, kind, reader);

  const merge: MergeMessages<Message> = (id, { base, mine, given }, options) =>
    update(id, given, options, (content, current) => {
      // Who deleted the conversation meant it, and an answer to what is gone makes no sense.
      const isDeleted = current === undefined && base?.length !== 0;
      const merged = isDeleted ? undefined : kind.merge(base, mine, content.messages);
      if (merged === undefined) throw contradiction(given, current?.version);
      return merged;
    });

  return {
    reader,
    merge,
    publicStore: {
      async load(id, { cached, ...options } = {}) {
        const known = cached === undefined ? undefined : reader.known(cached)?.stored;
        const stored = await store.load(id, { ...options, cached: known });
        if (stored === undefined) return undefined;
        const content = reader.contentOf(stored);
        return reader.handOut(stored, content, await reader.messagesOf(content));
      },

      save: messageSave(store, kind, reader, merge),

      async append(id, messages, options = {}) {
        const { encoded } = await reader.encode(messages);
        return update(id, messages, options, (content) => kind.append(content.messages, encoded));
      },
    },
  };
}

type ContentUpdate<Message> = (
  id: string,
  given: readonly Message[],
  options: UpdateOptions,
  change: (content: ThreadContent, current: StoredThread | undefined) => readonly JsonObject[],
) => Promise<Conversation<Message>>;

function contentUpdate<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  reader: MessageReader<Message>,
): ContentUpdate<Message> {
  return async (id, given, options, change) => {
    let content = emptyContent;
    let messages: Message[] = [];
    const updating = store.update(
      id,
      async (current) => {
        const before = current === undefined ? emptyContent : reader.contentOf(current);
        content = { ...before, messages: change(before, current) };
        messages = await reader.messagesOf(content);
        return writeThread(kind.kind, content);
      },
      options,
    );
    // Only a change that gives null makes it undefined.
    const stored = (await updating.catch((error: unknown) => {
      throw ThreadStoreError.is(error, "CONFLICT") ? overtaken(given, error) : error;
    })) as StoredThread;
    return reader.handOut(stored, content, messages);
  };
}

function messageSave<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  reader: MessageReader<Message>,
  merge: MergeMessages<Message>,
): MessageStore<Message>["save"] {
  /** What the caller started from; `undefined` where that is nothing, or not stored any more. */
  async function startOf(id: string, options: SaveMessagesOptions<Message>): Promise<Known | undefined> {
    const { previous, signal, timeoutMs } = options;
    if (previous === undefined) return undefined;
    const known = typeof previous === "object" ? reader.known(previous) : undefined;
    if (known !== undefined) return known;
    const version = typeof previous === "object" ? previous.version : previous;
    const stored = await store.load(id, { signal, timeoutMs });
    if (stored?.version !== version) return undefined;
    const content = reader.contentOf(stored);
    return reader.known(reader.handOut(stored, content, await reader.messagesOf(content)));
  }

  return async (id, given, options = {}) => {
    const { previous, onConflict = "reject", ...saveOptions } = options;
    checkPolicy(onConflict);
    const starting = startOf(id, options);
    const [start, { encoded: mine, messages }] = await Promise.all([
      starting,
      reader.encode(given, starting),
    ]);
    const before = previous === undefined ? emptyContent : start?.content;
    let cause: unknown;
    if (before !== undefined) {
      const content = { messages: mine, extra: before.extra };
      const thread = writeThread(kind.kind, content);
      try {
        const stored = await store.save(id, thread, { ...saveOptions, previous: start?.stored });
        return reader.handOut(stored, content, messages);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
        cause = error;
      }
    }
    if (onConflict === "reject") throw overtaken(given, cause);
    return merge(id, { base: before?.messages, mine, given }, saveOptions);
  };
}

function checkStore(store: unknown): void {
  if (typeof store === "object" && store !== null && "update" in store) return;
  const message = "store: expected a ThreadStore, such as sqliteStore gives.";
  throw new ConversationError("INVALID_ARGUMENT", message, { path: "store" });
}

function checkPolicy(policy: unknown): void {
  if (policy === "merge" || policy === "reject") return;
  const message = 'onConflict: expected "merge" or "reject".';
  throw new ConversationError("INVALID_ARGUMENT", message, { path: "onConflict" });
}
