import { MemoryStorage } from "@mastra/core/storage";
import type { ThreadStore } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import { copyThread } from "./copy-thread.ts";
import { listMessages, listMessagesByResource, messagesById } from "./list-messages.ts";
import { checkedBySdk, listThreads } from "./list-threads.ts";
import { checkedName, checkedStore, threadNotFound } from "./mastra-memory-error.ts";
import type { Arguments, Input, Output } from "./memory-calls.ts";
import { changeResource } from "./move-thread.ts";
import { Observations } from "./observations.ts";
import { loadResource, saveResource, updateResource } from "./resources.ts";
import { deleteMessages, saveMessages, updateMessages } from "./save-messages.ts";
import { threadOf } from "./thread-metadata.ts";
import { ThreadRecords } from "./thread-records.ts";
import { deleteThread, saveThread, updateThread, updateThreadOf } from "./threads.ts";

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
  /** Tells Mastra that this memory stores observations. */
  override readonly supportsObservationalMemory = true;
  readonly #records: ThreadRecords;
  readonly #observations: Observations;

  /** Throws `INVALID_ARGUMENT` for invalid options. */
  constructor(options: ThreadStoreMemoryOptions) {
    super();
    this.#records = new ThreadRecords(checkedStore(options, OPTION_NAMES));
    this.#observations = new Observations(this.#records);
  }

  /** Deletes all threads, messages, resources and observations. */
  override async dangerouslyClearAll(): Promise<void> {
    await this.#records.clear();
  }

  override async getThreadById({ threadId, resourceId }: Input<"getThreadById">): Output<"getThreadById"> {
    const head = await this.#records.find(checkedName(threadId, "threadId"));
    const thread = head && threadOf(head);
    if (thread === undefined) return null;
    return resourceId === undefined || thread.resourceId === resourceId ? thread : null;
  }

  override async saveThread({ thread }: Input<"saveThread">): Output<"saveThread"> {
    await saveThread(this.#records, thread);
    return thread;
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async updateThread({ id, title, metadata }: Input<"updateThread">): Output<"updateThread"> {
    const changes = { ...(title !== undefined && { title }), ...(metadata !== undefined && { metadata }) };
    const thread = await updateThread(this.#records, checkedName(id, "id"), () => changes);
    if (thread === undefined) throw threadNotFound("id");
    return thread;
  }

  /** Changes metadata by compare-and-set, also between processes. `update` can be called several times. */
  override async updateThreadMetadata(change: Input<"updateThreadMetadata">): Output<"updateThreadMetadata"> {
    return updateThreadOf(this.#records, change);
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async updateThreadResourceId({
    threadId,
    resourceId,
  }: Input<"updateThreadResourceId">): Output<"updateThreadResourceId"> {
    return changeResource(this.#records, checkedName(threadId, "threadId"), resourceId);
  }

  override async deleteThread({ threadId }: Input<"deleteThread">): Promise<void> {
    await deleteThread(this.#records, threadId);
  }

  override async listThreads(args: Input<"listThreads">): Output<"listThreads"> {
    const { page = 0, perPage, orderBy, filter } = args;
    checkedBySdk("perPage", "a non-negative integer or `false`, and `page` one that is not too large", () =>
      this.validatePaginationInput(page, perPage ?? 100),
    );
    checkedBySdk("filter.metadata", "an object whose keys are simple names", () =>
      this.validateMetadataKeys(filter?.metadata),
    );
    return listThreads(this.#records, args, this.parseOrderBy(orderBy));
  }

  override async listMessages(args: Input<"listMessages">): Output<"listMessages"> {
    return listMessages(this.#records, args);
  }

  override async listMessagesByResourceId(
    args: Input<"listMessagesByResourceId">,
  ): Output<"listMessagesByResourceId"> {
    return listMessagesByResource(this.#records, args);
  }

  override async listMessagesById({ messageIds }: Input<"listMessagesById">): Output<"listMessagesById"> {
    return { messages: await messagesById(this.#records, messageIds) };
  }

  /** Rejects with `THREAD_NOT_FOUND`. */
  override async saveMessages({ messages }: Input<"saveMessages">): Output<"saveMessages"> {
    await saveMessages(this.#records, messages);
    return { messages };
  }

  override async updateMessages({ messages }: Input<"updateMessages">): Output<"updateMessages"> {
    return updateMessages(this.#records, messages);
  }

  override async deleteMessages(messageIds: string[]): Promise<void> {
    await deleteMessages(this.#records, messageIds);
  }

  /** Copies a thread as a whole. Rejects with `THREAD_NOT_FOUND` or `THREAD_EXISTS`. */
  override async copyThread(args: Input<"copyThread">): Output<"copyThread"> {
    return copyThread(this.#records, args);
  }

  override async getResourceById({ resourceId }: Input<"getResourceById">): Output<"getResourceById"> {
    return loadResource(this.#records, resourceId);
  }

  override async saveResource({ resource }: Input<"saveResource">): Output<"saveResource"> {
    await saveResource(this.#records, resource);
    return resource;
  }

  override async updateResource(change: Input<"updateResource">): Output<"updateResource"> {
    return updateResource(this.#records, change);
  }

  override async getObservationalMemory(
    ...args: Arguments<"getObservationalMemory">
  ): Output<"getObservationalMemory"> {
    return this.#observations.read(args[0], args[1], (memory) => memory.getObservationalMemory(...args));
  }

  override async getObservationalMemoryHistory(
    ...args: Arguments<"getObservationalMemoryHistory">
  ): Output<"getObservationalMemoryHistory"> {
    return this.#observations.read(args[0], args[1], (memory) =>
      memory.getObservationalMemoryHistory(...args),
    );
  }

  override async initializeObservationalMemory(
    input: Input<"initializeObservationalMemory">,
  ): Output<"initializeObservationalMemory"> {
    return this.#observations.change(input, (memory) => memory.initializeObservationalMemory(input));
  }

  /** Inserts a record under another id, which names what it observes. */
  override async insertObservationalMemoryRecord(
    record: Input<"insertObservationalMemoryRecord">,
  ): Output<"insertObservationalMemoryRecord"> {
    await this.#observations.insert(record);
  }

  override async createReflectionGeneration(
    input: Input<"createReflectionGeneration">,
  ): Output<"createReflectionGeneration"> {
    return this.#observations.change(input.currentRecord, (memory) =>
      memory.createReflectionGeneration(input),
    );
  }

  override async clearObservationalMemory(threadId: string | null, resourceId: string): Promise<void> {
    await this.#observations.clear(threadId, resourceId);
  }

  override async updateActiveObservations(
    input: Input<"updateActiveObservations">,
  ): Output<"updateActiveObservations"> {
    return this.#observations.changeRecord(input.id, (memory) => memory.updateActiveObservations(input));
  }

  override async updateBufferedObservations(
    input: Input<"updateBufferedObservations">,
  ): Output<"updateBufferedObservations"> {
    return this.#observations.changeRecord(input.id, (memory) => memory.updateBufferedObservations(input));
  }

  override async swapBufferedToActive(input: Input<"swapBufferedToActive">): Output<"swapBufferedToActive"> {
    return this.#observations.changeRecord(input.id, (memory) => memory.swapBufferedToActive(input));
  }

  override async updateBufferedReflection(
    input: Input<"updateBufferedReflection">,
  ): Output<"updateBufferedReflection"> {
    return this.#observations.changeRecord(input.id, (memory) => memory.updateBufferedReflection(input));
  }

  override async updateObservationalMemoryConfig(
    input: Input<"updateObservationalMemoryConfig">,
  ): Output<"updateObservationalMemoryConfig"> {
    return this.#observations.changeRecord(input.id, (memory) =>
      memory.updateObservationalMemoryConfig(input),
    );
  }

  override async swapBufferedReflectionToActive(
    input: Input<"swapBufferedReflectionToActive">,
  ): Output<"swapBufferedReflectionToActive"> {
    const { id } = input.currentRecord;
    return this.#observations.changeRecord(id, (memory) => memory.swapBufferedReflectionToActive(input));
  }

  override async setReflectingFlag(...args: Arguments<"setReflectingFlag">): Output<"setReflectingFlag"> {
    return this.#observations.changeRecord(args[0], (memory) => memory.setReflectingFlag(...args));
  }

  override async setObservingFlag(...args: Arguments<"setObservingFlag">): Output<"setObservingFlag"> {
    return this.#observations.changeRecord(args[0], (memory) => memory.setObservingFlag(...args));
  }

  override async setBufferingObservationFlag(
    ...args: Arguments<"setBufferingObservationFlag">
  ): Output<"setBufferingObservationFlag"> {
    return this.#observations.changeRecord(args[0], (memory) => memory.setBufferingObservationFlag(...args));
  }

  override async setBufferingReflectionFlag(
    ...args: Arguments<"setBufferingReflectionFlag">
  ): Output<"setBufferingReflectionFlag"> {
    return this.#observations.changeRecord(args[0], (memory) => memory.setBufferingReflectionFlag(...args));
  }

  override async setPendingMessageTokens(
    ...args: Arguments<"setPendingMessageTokens">
  ): Output<"setPendingMessageTokens"> {
    return this.#observations.changeRecord(args[0], (memory) => memory.setPendingMessageTokens(...args));
  }
}
