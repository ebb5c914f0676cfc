import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type DeltaChannelHistory,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { mapConcurrently } from "@threadstore/core/documents";
import { checkpointCache } from "./checkpoint-cache.ts";
import { checkCheckpointId, checkThreadId, missing, readAddress, type RunnableConfig } from "./config.ts";
import { type SaverContext, threadRecords, type ThreadRecords } from "./context.ts";
import { copyRecords } from "./copy-thread.ts";
import { deleteOrphans } from "./delete-orphans.ts";
import { deleteRecords, deleteThreadRecords } from "./delete-thread.ts";
import { deltaHistory } from "./delta-history.ts";
import { invalidValue } from "./errors.ts";
import { expiryOption, writesExpiry } from "./expiry.ts";
import { findCheckpoints } from "./find-checkpoints.ts";
import { checkpointPrefix, checkpointRecordId, DELETION_MARK, headRecordId, writesRecordId } from "./keys.ts";
import { listCheckpoints } from "./list-checkpoints.ts";
import { recordLoader } from "./load-channels.ts";
import { loadCheckpoint, type LoadedCheckpoint, loadTuple } from "./load-checkpoint.ts";
import { type Moment, moments } from "./moments.ts";
import { checkSaverOptions, type ThreadStoreSaverOptions } from "./options.ts";
import { appendWrites } from "./pending-writes.ts";
import { keepLatest } from "./prune.ts";
import { saveCheckpoint } from "./save-checkpoint.ts";
import { emptyHeads, loadHead } from "./single-writer.ts";

/** The maximum time between storing values and saving the checkpoint that refers to them. */
const ORPHAN_AGE_MS = 3_600_000;

function waitFor(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/** Options of {@link ThreadStoreSaver.prune}. */
export interface PruneOptions {
  /**
   * `keep_latest` keeps the latest checkpoint of each namespace and the records that it needs. `delete` deletes the
   * threads.
   * @default "keep_latest"
   */
  readonly strategy?: "delete" | "keep_latest" | undefined;
}

/**
 * A LangGraph checkpointer in any `ThreadStore`. Pass it as `checkpointer` to `compile`. Creating one does not access
 * the store. Several processes may use the same threads.
 *
 * Calls reject with a `LangGraphStoreError` or with the store's `ThreadStoreError`. The constructor throws
 * `INVALID_ARGUMENT` for invalid options.
 */
export class ThreadStoreSaver extends BaseCheckpointSaver {
  readonly #context: SaverContext;

  constructor(options: ThreadStoreSaverOptions) {
    checkSaverOptions(options);
    const { store, ttlMs, singleWriter = false, serde, now = Date.now, wait = waitFor } = options;
    const clocks = moments(now);
    super(serde);
    this.#context = {
      store: store.namespace("checkpoints"),
      serde: this.serde,
      cache: checkpointCache(clocks),
      emptyHeads: emptyHeads(),
      ttlMs,
      singleWriter,
      now,
      moments: clocks,
      wait,
    };
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { threadId, namespace = "", checkpointId } = readAddress(config);
    if (threadId === undefined) return undefined;
    const thread = threadRecords(this.#context, threadId);
    const { singleWriter, emptyHeads: heads } = this.#context;
    const [loaded, head] = await Promise.all([
      this.#find(thread, namespace, checkpointId),
      singleWriter ? loadHead(thread.records, namespace) : undefined,
    ]);
    // A run of this process may already have loaded the checkpoint: a later head must not hide that it was overtaken.
    if (head && loaded) loaded.known.head ??= head;
    if (head && checkpointId === undefined && !loaded) heads.set(headRecordId(namespace), threadId, head);
    if (loaded === undefined) return undefined;
    return loadTuple(this.#context, thread, recordLoader(thread.records), loaded);
  }

  /** Finds a checkpoint, or the latest one of a namespace. */
  async #find(
    thread: ThreadRecords,
    namespace: string,
    checkpointId: string | undefined,
  ): Promise<LoadedCheckpoint | undefined> {
    const { cache, moments: clocks } = this.#context;
    const { threadId } = thread;
    const sentAt = clocks.now();
    const deletion = { isFound: false };
    const onDeletion = async (): Promise<void> => {
      deletion.isFound = true;
      cache.deleteThread(threadId);
      await deleteRecords(thread);
    };
    const isLatest = checkpointId === undefined;
    const [mark, loaded] = await Promise.all([
      // The listing of the root namespace starts with the mark.
      isLatest && namespace === "" ? undefined : thread.records.load(DELETION_MARK),
      isLatest
        ? this.#findLatest(thread, namespace, { sentAt, onDeletion })
        : loadCheckpoint(this.#context, thread, checkpointRecordId(namespace, checkpointId)),
    ]);
    if (mark !== undefined) await onDeletion();
    if (deletion.isFound) return undefined;
    cache.startLease(threadId, sentAt);
    return loaded;
  }

  async #findLatest(
    thread: ThreadRecords,
    namespace: string,
    { sentAt, onDeletion }: { readonly sentAt: Moment; readonly onDeletion: () => Promise<void> },
  ): Promise<LoadedCheckpoint | undefined> {
    const prefix = checkpointPrefix(namespace);
    const listing = findCheckpoints(thread.records, { prefix, pageSize: 3, onDeletion });
    for await (const listed of listing) {
      const loaded = await loadCheckpoint(this.#context, thread, listed.recordId, { ...listed, sentAt });
      // It may have been deleted since it was listed.
      if (loaded !== undefined) return loaded;
    }
    return undefined;
  }

  override list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple> {
    return listCheckpoints(this.#context, config, options);
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { threadId, namespace = "", checkpointId: parentId } = readAddress(config);
    if (threadId === undefined) missing("configurable.thread_id");
    const id = checkCheckpointId(checkpoint.id, "checkpoint.id");
    const thread = threadRecords(this.#context, threadId);
    await saveCheckpoint(this.#context, thread, { namespace, parentId, checkpoint, metadata, newVersions });
    return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { threadId, namespace = "", checkpointId } = readAddress(config);
    if (threadId === undefined) missing("configurable.thread_id");
    if (checkpointId === undefined) missing("configurable.checkpoint_id");
    const { cache, serde } = this.#context;
    const recordId = checkpointRecordId(namespace, checkpointId);
    const expiry = writesExpiry(this.#context, cache.get(threadId, recordId));
    const { records } = threadRecords(this.#context, threadId);
    const task = { writes, taskId, taskPath };
    await appendWrites(records, writesRecordId(recordId), task, serde, expiryOption(expiry));
  }

  override async getDeltaChannelHistory({
    config,
    channels,
  }: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    if (channels.length === 0) return {};
    const { threadId, namespace = "", checkpointId } = readAddress(config);
    if (threadId === undefined) return Object.fromEntries(channels.map((name) => [name, { writes: [] }]));
    const thread = threadRecords(this.#context, threadId);
    const target = await this.#find(thread, namespace, checkpointId);
    const start = { namespace, parentId: target?.known.parentId };
    return deltaHistory(this.#context, thread, start, channels);
  }

  /**
   * Deletes a thread with all of its namespaces. If the process is killed, the thread appears deleted, and the next
   * call that reads it completes the deletion. Stop the runs of the thread first: checkpoints that they save afterwards
   * remain.
   */
  override async deleteThread(threadId: string): Promise<void> {
    checkThreadId(threadId, "threadId");
    this.#context.cache.deleteThread(threadId);
    await deleteThreadRecords(threadRecords(this.#context, threadId));
    // A read may have loaded a checkpoint before it was deleted.
    this.#context.cache.deleteThread(threadId);
  }

  /**
   * Copies a thread with its history. Meanwhile, runs can continue the source but must not use the target. An
   * interrupted copy can be repeated. Rejects with `THREAD_EXISTS` if the target has records that the source does not
   * have, with `INVALID_ARGUMENT` if the source has no checkpoints, and with `THREAD_INVALID` if a value of the source
   * is missing.
   */
  async copyThread(sourceThreadId: string, targetThreadId: string): Promise<void> {
    checkThreadId(sourceThreadId, "sourceThreadId");
    checkThreadId(targetThreadId, "targetThreadId");
    if (sourceThreadId === targetThreadId) {
      throw invalidValue("INVALID_ARGUMENT", "targetThreadId", "the id of another thread");
    }
    const source = threadRecords(this.#context, sourceThreadId);
    const target = threadRecords(this.#context, targetThreadId);
    await copyRecords(source, target);
  }

  /**
   * Deletes the history of threads: all checkpoints except the latest one of each namespace and those that it needs,
   * and the values that only deleted checkpoints need and whose last change is at least an hour ago. Do not prune a
   * thread while a run continues from one of its earlier checkpoints.
   */
  async prune(threadIds: readonly string[], { strategy = "keep_latest" }: PruneOptions = {}): Promise<void> {
    if (strategy !== "delete" && strategy !== "keep_latest") {
      throw invalidValue("INVALID_ARGUMENT", "strategy", '"delete" or "keep_latest"');
    }
    for (const [index, id] of threadIds.entries()) checkThreadId(id, `threadIds[${index}]`);
    if (strategy === "delete") await mapConcurrently(threadIds, (id) => this.deleteThread(id));
    else for (const id of threadIds) await this.#keepLatest(id);
  }

  async #keepLatest(threadId: string): Promise<void> {
    const thread = threadRecords(this.#context, threadId);
    await keepLatest(this.#context, thread);
    this.#context.cache.deleteThread(threadId);
    await deleteOrphans(this.#context, thread, ORPHAN_AGE_MS);
  }

  /**
   * Deletes the records that killed processes have left in a thread: values, pending writes and heads without a
   * checkpoint whose last change is at least `minAgeMs` ago, an hour by default. Resolves with the number of deleted
   * records.
   */
  async cleanUp(threadId: string, minAgeMs: number = ORPHAN_AGE_MS): Promise<number> {
    checkThreadId(threadId, "threadId");
    if (!Number.isFinite(minAgeMs) || minAgeMs < 0) {
      throw invalidValue("INVALID_ARGUMENT", "minAgeMs", "a non-negative number", minAgeMs);
    }
    return deleteOrphans(this.#context, threadRecords(this.#context, threadId), minAgeMs);
  }
}
