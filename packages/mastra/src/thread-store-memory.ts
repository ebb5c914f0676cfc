import type { MastraDBMessage, StorageThreadType } from "@mastra/core/memory";
import {
  MemoryStorage,
  type StorageCloneThreadInput,
  type StorageCopyThreadOutput,
  type StorageListMessagesByResourceIdInput,
  type StorageListMessagesInput,
  type StorageListMessagesOutput,
  type StorageListThreadsInput,
  type StorageListThreadsOutput,
  type StorageResourceType,
} from "@mastra/core/storage";
import type { ThreadStore } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import { copyThread } from "./copy-thread.ts";
import { listMessages, listMessagesByResource, messagesById } from "./list-messages.ts";
import { checkedBySdk, listThreads } from "./list-threads.ts";
import { checkedName, checkedStore, threadNotFound } from "./mastra-memory-error.ts";
import { changeResource } from "./move-thread.ts";
import { loadResource, saveResource, updateResource } from "./resources.ts";
import { deleteMessages, saveMessages, updateMessages } from "./save-messages.ts";
import { threadOf } from "./thread-metadata.ts";
import { ThreadRecords } from "./thread-records.ts";
import { deleteThread, saveThread, updateThread } from "./threads.ts";

/** Options of {@link ThreadStoreMemory}. */
export interface ThreadStoreMemoryOptions {
  /** The store to keep the memory in. Pass a namespace that nothing else uses: `store.namespace("mastra")`. */
  readonly store: ThreadStore;
}

const OPTION_NAMES: OptionNames<ThreadStoreMemoryOptions> = { store: true };

/**
 * The memory domain of Mastra's storage in any `ThreadStore`, to pass as `domains.memory` to a `MastraCompositeStore`.
 * Creating one reads and writes nothing. Several processes can use one memory at once.
 *
 * Calls reject with a `MastraMemoryError` or with the store's `ThreadStoreError`.
 */
export class ThreadStoreMemory extends MemoryStorage {
  /** Tells Mastra that `updateThread` keeps omitted members. */
  override readonly supportsPartialThreadUpdate = true;
  readonly #records: ThreadRecords;

  /** Throws `INVALID_ARGUMENT` for invalid options. */
  constructor(options: ThreadStoreMemoryOptions) {
    super();
    this.#records = new ThreadRecords(checkedStore(options, OPTION_NAMES));
  }

  /** Deletes all threads, messages and resources. */
  override async dangerouslyClearAll(): Promise<void> {
    await this.#records.clear();
  }

  override async getThreadById({
    threadId,
    resourceId,
  }: {
    threadId: string;
    resourceId?: string;
  }): Promise<StorageThreadType | null> {
    const head = await this.#records.find(checkedName(threadId, "threadId"));
    const thread = head && threadOf(head);
    if (thread === undefined) return null;
    return resourceId === undefined || thread.resourceId === resourceId ? thread : null;
  }

  override async saveThread({ thread }: { thread: StorageThreadType }): Promise<StorageThreadType> {
    await saveThread(this.#records, thread);
    return thread;
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async updateThread({
    id,
    title,
    metadata,
  }: {
    id: string;
    title?: string;
    metadata?: Record<string, unknown>;
  }): Promise<StorageThreadType> {
    const changes = {
      ...(title === undefined ? {} : { title }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const thread = await updateThread(this.#records, checkedName(id, "id"), () => changes);
    if (thread === undefined) throw threadNotFound("id");
    return thread;
  }

  /** Changes metadata by compare-and-set, also between processes. `update` can be called several times. */
  override async updateThreadMetadata({
    id,
    resourceId,
    update,
  }: {
    id: string;
    resourceId?: string;
    update: (thread: StorageThreadType) => Record<string, unknown> | undefined;
  }): Promise<StorageThreadType | null> {
    const thread = await updateThread(this.#records, checkedName(id, "id"), (current) => {
      if (resourceId !== undefined && current.resourceId !== resourceId) return undefined;
      const metadata = update(current);
      return metadata && { metadata };
    });
    return thread === undefined || (resourceId !== undefined && thread.resourceId !== resourceId)
      ? null
      : thread;
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async updateThreadResourceId({
    threadId,
    resourceId,
  }: {
    threadId: string;
    resourceId: string;
  }): Promise<StorageThreadType> {
    return changeResource(this.#records, checkedName(threadId, "threadId"), resourceId);
  }

  override async deleteThread({ threadId }: { threadId: string }): Promise<void> {
    await deleteThread(this.#records, threadId);
  }

  override async listThreads(args: StorageListThreadsInput): Promise<StorageListThreadsOutput> {
    const { page = 0, perPage, orderBy, filter } = args;
    checkedBySdk("perPage", "a non-negative integer or `false`, and `page` one that is not too large", () =>
      this.validatePaginationInput(page, perPage ?? 100),
    );
    checkedBySdk("filter.metadata", "an object whose keys are simple names", () =>
      this.validateMetadataKeys(filter?.metadata),
    );
    return listThreads(this.#records, args, this.parseOrderBy(orderBy));
  }

  override async listMessages(args: StorageListMessagesInput): Promise<StorageListMessagesOutput> {
    return listMessages(this.#records, args);
  }

  override async listMessagesByResourceId(
    args: StorageListMessagesByResourceIdInput,
  ): Promise<StorageListMessagesOutput> {
    return listMessagesByResource(this.#records, args);
  }

  override async listMessagesById({
    messageIds,
  }: {
    messageIds: string[];
  }): Promise<{ messages: MastraDBMessage[] }> {
    return { messages: await messagesById(this.#records, messageIds) };
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async saveMessages({
    messages,
  }: {
    messages: MastraDBMessage[];
  }): Promise<{ messages: MastraDBMessage[] }> {
    await saveMessages(this.#records, messages);
    return { messages };
  }

  override async updateMessages({
    messages,
  }: Parameters<MemoryStorage["updateMessages"]>[0]): Promise<MastraDBMessage[]> {
    return updateMessages(this.#records, messages);
  }

  override async deleteMessages(messageIds: string[]): Promise<void> {
    await deleteMessages(this.#records, messageIds);
  }

  /** Copies a thread as a whole. Rejects with `THREAD_NOT_FOUND` or `THREAD_EXISTS`. */
  override async copyThread(args: StorageCloneThreadInput): Promise<StorageCopyThreadOutput> {
    return copyThread(this.#records, args);
  }

  override async getResourceById({
    resourceId,
  }: {
    resourceId: string;
  }): Promise<StorageResourceType | null> {
    return loadResource(this.#records, resourceId);
  }

  override async saveResource({ resource }: { resource: StorageResourceType }): Promise<StorageResourceType> {
    await saveResource(this.#records, resource);
    return resource;
  }

  override async updateResource(change: {
    resourceId: string;
    workingMemory?: string;
    metadata?: Record<string, unknown>;
  }): Promise<StorageResourceType> {
    return updateResource(this.#records, change);
  }
}
