import { type StoredThread, type ThreadStore, ThreadStoreError, type UpdateOptions } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { checkedStore, conflict, ConversationError, mergeConflict } from "./conversation-error.ts";
import { EMPTY_CONTENT, type ThreadContent, writeThread } from "./conversation-thread.ts";
import type { Conversation, MessageStore } from "./conversation.ts";
import { messageCodec, type MessageCodec } from "./message-codec.ts";
import type { MessageKind } from "./message-kind.ts";
import type { MessagesView } from "./message-reader.ts";
import { type MergeMessages, messageSave } from "./message-save.ts";
import { withEdited } from "./rejected/marks.ts";
import type { Finding } from "./repair/finding.ts";

/** A message store together with the parts of it that only this package uses. */
export interface MessageStoreParts<Message> {
  readonly publicStore: MessageStore<Message>;
  readonly codec: MessageCodec<Message>;
  readonly merge: MergeMessages<Message>;
  readonly append: AppendWith<Message>;
  readonly onFindings: FindingsListener;
}

/** Appends messages with a function that returns the changed content. */
export type AppendWith<Message> = (
  id: string,
  messages: readonly Message[],
  options: UpdateOptions,
  change: (content: ThreadContent, added: readonly JsonObject[]) => ThreadContent | Promise<ThreadContent>,
) => Promise<Conversation<Message>>;

/** Receives the repairs of a conversation that was read or saved, and its id. */
export type FindingsListener = (findings: readonly Finding[], id: string) => void;

export function messageStore<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  onFindings: FindingsListener = () => undefined,
): MessageStoreParts<Message> {
  checkedStore({ store });
  const codec = reportingCodec(messageCodec(kind), onFindings);
  const update = contentUpdate(store, kind, codec);

  const append: AppendWith<Message> = async (id, messages, options, change) => {
    const { encoded } = await codec.encode(messages);
    return update(id, messages, options, (content) => change(content, encoded));
  };

  const merge: MergeMessages<Message> = (
    id,
    { base, mine, messages, isStale, note = (content) => content },
    options,
  ) =>
    update(id, messages, options, (content, current) => {
      // A merge must not recreate a conversation that another request deleted.
      const isDeleted = current === undefined && base?.length !== 0;
      const merged =
        isDeleted || isStale?.(content) === true ? undefined : kind.merge(base, mine, content.messages);
      if (merged === undefined) throw mergeConflict(messages, current?.version);
      return note({ ...content, messages: merged });
    });

  return {
    codec,
    merge,
    append,
    onFindings,
    publicStore: {
      load: messageLoad(store, codec),
      save: messageSave(store, kind, codec, merge),

      append: (id, messages, options = {}) =>
        append(id, messages, options, (content, added) => {
          return { ...content, messages: kind.append(content.messages, added) };
        }),
    },
  };
}

function messageLoad<Message>(
  store: ThreadStore,
  codec: MessageCodec<Message>,
): MessageStore<Message>["load"] {
  return async (id, { cached, ...options } = {}) => {
    const cachedThread = cached === undefined ? undefined : codec.sourceOf(cached)?.stored;
    const stored = await store.load(id, { ...options, cached: cachedThread });
    if (stored === undefined) return undefined;
    const content = codec.contentOf(stored);
    return codec.toConversation(stored, content, await codec.viewOf(content));
  };
}

type ContentUpdate<Message> = (
  id: string,
  messages: readonly Message[],
  options: UpdateOptions,
  change: (
    content: ThreadContent,
    current: StoredThread | undefined,
  ) => ThreadContent | Promise<ThreadContent>,
) => Promise<Conversation<Message>>;

function contentUpdate<Message>(
  store: ThreadStore,
  kind: MessageKind<Message>,
  codec: MessageCodec<Message>,
): ContentUpdate<Message> {
  return async (id, messages, options, change) => {
    let content = EMPTY_CONTENT;
    let view: MessagesView<Message> | undefined;
    const updating = store.update(
      id,
      async (current) => {
        const currentContent = current === undefined ? EMPTY_CONTENT : codec.contentOf(current);
        const changed = await changeUnlessConflict(async () => change(currentContent, current));
        view = changed === undefined ? undefined : await codec.checkedView(changed);
        // The caller may know messages by the ids that reading them gave them.
        content =
          changed === undefined || view === undefined
            ? await change(await codec.identified(currentContent), current)
            : changed;
        content = withEdited(currentContent, content);
        view ??= await codec.viewOf(content);
        return writeThread(kind.kind, content);
      },
      options,
    );
    // `update` resolves with undefined only if the change returns null.
    const stored = (await updating.catch((error: unknown) => {
      throw ThreadStoreError.is(error, "CONFLICT") ? conflict(messages, error) : error;
    })) as StoredThread;
    return codec.toConversation(stored, content, view as MessagesView<Message>);
  };
}

/** Resolves with `undefined` if the change conflicts. */
async function changeUnlessConflict(
  change: () => Promise<ThreadContent>,
): Promise<ThreadContent | undefined> {
  try {
    return await change();
  } catch (error) {
    if (!ConversationError.is(error, "CONFLICT")) throw error;
    return undefined;
  }
}

/** Returns a codec that reports the findings of each conversation that it returns. */
function reportingCodec<Message>(
  codec: MessageCodec<Message>,
  onFindings: FindingsListener,
): MessageCodec<Message> {
  return {
    ...codec,
    toConversation(stored, content, view) {
      if (view.findings.length > 0) onFindings(view.findings, stored.id);
      return codec.toConversation(stored, content, view);
    },
  };
}
