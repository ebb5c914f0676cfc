import type { CheckpointListOptions, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import type { ThreadStore } from "@threadstore/core";
import { type Address, type RunnableConfig, readAddress } from "./config.ts";
import { type SaverContext, threadRecords, type ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { invalidValue } from "./errors.ts";
import { findCheckpoints, type ListedCheckpoint } from "./find-checkpoints.ts";
import { CHECKPOINT_PREFIX, checkpointKey, checkpointPrefix } from "./keys.ts";
import { type RecordLoader, recordLoader } from "./load-channels.ts";
import { loadCheckpoint, loadMetadata, loadTuple } from "./load-checkpoint.ts";

/** How many checkpoints to load at once. */
const BATCH_SIZE = 8;

/** Which checkpoints a listing contains. */
interface Selection extends Address {
  /** The key of the checkpoint that all others are older than. */
  readonly beforeKey: string | undefined;
  readonly filter: { readonly [name: string]: unknown };
}

/** Lists checkpoints, grouped by thread and namespace, the latest first. */
export async function* listCheckpoints(
  context: SaverContext,
  config: RunnableConfig,
  { limit = Infinity, before, filter = {} }: CheckpointListOptions = {},
): AsyncGenerator<CheckpointTuple> {
  const address = readAddress(config);
  const beforeId = readAddress(before, "before.configurable").checkpointId;
  const beforeKey = beforeId === undefined ? undefined : checkpointKey(beforeId);
  if (typeof limit !== "number") throw invalidValue("INVALID_ARGUMENT", "limit", "a number", limit);
  const selection: Selection = { ...address, beforeKey, filter };
  let remaining = limit;
  if (remaining <= 0) return;
  for await (const threadId of threadIds(context.store, address.threadId)) {
    for await (const tuple of listThread(context, threadRecords(context, threadId), selection, remaining)) {
      yield tuple;
      remaining -= 1;
      if (remaining <= 0) return;
    }
  }
}

async function* threadIds(store: ThreadStore, threadId: string | undefined): AsyncGenerator<string> {
  if (threadId !== undefined) {
    yield threadId;
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ cursor });
    yield* page.namespaces;
    ({ cursor } = page);
  } while (cursor !== undefined);
}

async function* listThread(
  context: SaverContext,
  thread: ThreadRecords,
  selection: Selection,
  limit: number,
): AsyncGenerator<CheckpointTuple> {
  const { namespace, checkpointId, beforeKey } = selection;
  const key = checkpointId === undefined ? undefined : checkpointKey(checkpointId);
  const batchSize = Math.min(limit, BATCH_SIZE);
  const load = recordLoader(thread.records);
  let batch: ListedCheckpoint[] = [];
  const listing = findCheckpoints(thread.records, {
    prefix: namespace === undefined ? CHECKPOINT_PREFIX : checkpointPrefix(namespace),
    pageSize: Math.min(100, 2 * limit + 1),
    onDeletion: () => deleteRecords(thread),
  });
  for await (const listed of listing) {
    if (beforeKey !== undefined && listed.key <= beforeKey) continue;
    if (key !== undefined && listed.key !== key) continue;
    batch.push(listed);
    if (batch.length < batchSize) continue;
    yield* await loadBatch(context, thread, load, batch, selection.filter);
    batch = [];
  }
  yield* await loadBatch(context, thread, load, batch, selection.filter);
}

/** Loads checkpoints concurrently, and the values of those whose metadata matches `filter`. */
async function loadBatch(
  context: SaverContext,
  thread: ThreadRecords,
  load: RecordLoader,
  batch: readonly ListedCheckpoint[],
  filter: Selection["filter"],
): Promise<CheckpointTuple[]> {
  const tuples = await Promise.all(
    batch.map(async (listed) => {
      const loaded = await loadCheckpoint(context, thread, listed.recordId, listed);
      if (loaded === undefined) return undefined;
      const metadata: { readonly [name: string]: unknown } = await loadMetadata(context, loaded.known);
      const matches = Object.entries(filter).every(([name, value]) => metadata[name] === value);
      return matches ? loadTuple(context, thread, load, loaded) : undefined;
    }),
  );
  return tuples.filter((tuple) => tuple !== undefined);
}
