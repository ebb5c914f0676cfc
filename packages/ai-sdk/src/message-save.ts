import { type ThreadStore, ThreadStoreError, type UpdateOptions } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { conflict, invalidArgument } from "./conversation-error.ts";
import { EMPTY_CONTENT, type ThreadContent, writeThread } from "./conversation-thread.ts";
import type { Conversation, MessageStore, SaveMessagesOptions } from "./conversation.ts";
import type { ConversationSource, MessageCodec } from "./message-codec.ts";
import type { MessageKind } from "./message-kind.ts";
import { withEdited } from "./rejected/marks.ts";

/** A change of a conversation. */
export interface MessageChange<Message> {
  /** The messages that the change was made from, or `undefined` if they are unknown. */
  readonly base: readonly JsonObject[] | undefined;
  readonly mine: readonly JsonObject[];
  /** The messages that the caller passed, for the error. */
  readonly messages: readonly Message[];
  /** Returns whether the stored conversation no longer has what the change answers. */
  readonly isStale?: (content: ThreadContent) => boolean;
  /** Returns the content with notes about the change. */
  readonly note?: (content: ThreadContent) => ThreadContent;
}

/** Applies a change to the stored conversation. Rejects with `CONFLICT` if it conflicts with another change. */
export type MergeMessages<Message> = (
  id: string,
  change: MessageChange<Message>,
  options: UpdateOptions,
) => Promise<Conversation<Message>>;

export function messageSave<Message>(
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
    return codec.sourceOf(codec.toConversation(stored, content, await codec.viewOf(content)));
  }

  return async (id, messages, options = {}) => {
    const { previous, onConflict = "reject", ...saveOptions } = options;
    checkPolicy(onConflict);
    const loadingSource = loadSource(id, options);
    const [source, { encoded: mine, view }] = await Promise.all([
      loadingSource,
      codec.encode(messages, loadingSource),
    ]);
    const base = previous === undefined ? EMPTY_CONTENT : source?.content;
    let cause: unknown;
    if (base !== undefined) {
      const content = withEdited(base, { messages: mine, extra: base.extra });
      const thread = writeThread(kind.kind, content);
      try {
        const stored = await store.save(id, thread, { ...saveOptions, previous: source?.stored });
        return codec.toConversation(stored, content, view);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
        cause = error;
      }
    }
    if (onConflict === "reject") throw conflict(messages, cause);
    return merge(id, { base: base?.messages, mine, messages }, saveOptions);
  };
}

function checkPolicy(policy: unknown): void {
  if (policy === "merge" || policy === "reject") return;
  throw invalidArgument("onConflict", '"merge" or "reject"');
}
