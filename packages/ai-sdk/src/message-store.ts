import { type StoredThread, type ThreadStore, ThreadStoreError, type UpdateOptions } from "@threadstore/core";
import { type JsonObject, mismatchMessage } from "@threadstore/core/documents";
import { conflict, ConversationError, invalidArgument, mergeConflict } from "./conversation-error.ts";
import { EMPTY_CONTENT, type ThreadContent, writeThread } from "./conversation-thread.ts";
import type { Conversation, MessageStore, SaveMessagesOptions } from "./conversation.ts";
import { type ConversationSource, messageCodec, type MessageCodec } from "./message-codec.ts";
import type { MessageKind } from "./message-kind.ts";

/** A change of a conversation. */
export interface MessageChange<Message> {
  /** The messages that the change was made from, or `undefined` if they are unknown. */
  readonly base: readonly JsonObject[] | undefined;
  readonly mine: readonly JsonObject[];
  /** The messages that the caller passed, for the error. */
  readonly messages: readonly Message[];
}

/** A message store together with the parts of it that only this package uses. */
export interface MessageStoreParts<Message> {
  readonly publicStore: MessageStore<Message>;
  readonly codec: MessageCodec<Message>;
  readonly merge: MergeMessages<Message>;
}

/** Applies a change to the stored conversation. Rejects with `CONFLICT` if it conflicts with another change. */
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
  const codec = messageCodec(kind);
  const update = contentUpdate(store, kind, codec);

  const merge: MergeMessages<Message> = (id, { base, mine, messages }, options) =>
    update(id, messages, options, (content, current) => {
      // A merge must not recreate a conversation that another request deleted.
      const isDeleted = current === undefined && base?.length !== 0;
      const merged = isDeleted ? undefined : kind.merge(base, mine, content.messages);
      if (merged === undefined) throw mergeConflict(messages, current?.version);
      return merged;
    });

  return {
    codec,
    merge,
    publicStore: {
      async load(id, { cached, ...options } = {}) {
        const cachedThread = cached === undefined ? undefined : codec.sourceOf(cached)?.stored;
        const stored = await store.load(id, { ...options, cached: cachedThread });
        if (stored === undefined) return undefined;
        const content = codec.contentOf(stored);
        return codec.toConversation(stored, content, await codec.messagesOf(content));
      },

      save: messageSave(store, kind, codec, merge),

      async append(id, messages, options = {}) {
        const { encoded } = await codec.encode(messages);
        return update(id, messages, options, (content) => kind.append(content.messages, encoded));
      },
    },
  };
}

type ContentUpdate<Message> = (
  id: string,
  messages: readonly Message[],
  options: UpdateOptions,
  change: (content: ThreadContent, current: StoredThread | undefined) => readonly JsonObject[],
) => Promise<Conversation<Message>>;

function contentUpdate<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  codec: MessageCodec<Message>,
): ContentUpdate<Message> {
  return async (id, messages, options, change) => {
    let content = EMPTY_CONTENT;
    let updatedMessages: Message[] = [];
    const updating = store.update(
      id,
      async (current) => {
        const currentContent = current === undefined ? EMPTY_CONTENT : codec.contentOf(current);
        content = { ...currentContent, messages: change(currentContent, current) };
        updatedMessages = await codec.messagesOf(content);
        return writeThread(kind.kind, content);
      },
      options,
    );
    // `update` resolves with undefined only if the change returns null.
    const stored = (await updating.catch((error: unknown) => {
      throw ThreadStoreError.is(error, "CONFLICT") ? conflict(messages, error) : error;
    })) as StoredThread;
    return codec.toConversation(stored, content, updatedMessages);
  };
}

function messageSave<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  codec: MessageCodec<Message>,
  merge: MergeMessages<Message>,
): MessageStore<Message>["save"] {
  /**
   * Resolves with the source of `previous`, or with `undefined` without a `previous` or if it is not stored any
   * more.
   */
  async function loadSource(
    id: string,
    options: SaveMessagesOptions<Message>,
  ): Promise<ConversationSource | undefined> {
    const { previous, signal, timeoutMs } = options;
    if (previous === undefined) return undefined;
    const source = typeof previous === "object" ? codec.sourceOf(previous) : undefined;
    if (source !== undefined) return source;
    const version = typeof previous === "object" ? previous.version : previous;
    const stored = await store.load(id, { signal, timeoutMs });
    if (stored?.version !== version) return undefined;
    const content = codec.contentOf(stored);
    return codec.sourceOf(codec.toConversation(stored, content, await codec.messagesOf(content)));
  }

  return async (id, messages, options = {}) => {
    const { previous, onConflict = "reject", ...saveOptions } = options;
    checkPolicy(onConflict);
    const loadingSource = loadSource(id, options);
    const [source, { encoded: mine, messages: savedMessages }] = await Promise.all([
      loadingSource,
      codec.encode(messages, loadingSource),
    ]);
    const base = previous === undefined ? EMPTY_CONTENT : source?.content;
    let cause: unknown;
    if (base !== undefined) {
      const content = { messages: mine, extra: base.extra };
      const thread = writeThread(kind.kind, content);
      try {
        const stored = await store.save(id, thread, { ...saveOptions, previous: source?.stored });
        return codec.toConversation(stored, content, savedMessages);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
        cause = error;
      }
    }
    if (onConflict === "reject") throw conflict(messages, cause);
    return merge(id, { base: base?.messages, mine, messages }, saveOptions);
  };
}

function checkStore(store: unknown): void {
  if (typeof store === "object" && store !== null && "update" in store) return;
  const message = `${mismatchMessage("store", "a ThreadStore")} Create one with a function such as sqliteStore.`;
  throw new ConversationError("INVALID_ARGUMENT", message, { path: "store" });
}

function checkPolicy(policy: unknown): void {
  if (policy === "merge" || policy === "reject") return;
  throw invalidArgument("onConflict", '"merge" or "reject"');
}
