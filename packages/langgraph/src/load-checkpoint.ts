import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  maxChannelVersion,
  TASKS,
} from "@langchain/langgraph-checkpoint";
import type { StoredThread, ThreadStore, Version } from "@threadstore/core";
import { type KnownCheckpoint, readCheckpoint } from "./checkpoint.ts";
import type { RunnableConfig } from "./config.ts";
import type { SaverContext, ThreadRecords } from "./context.ts";
import { checkpointRecordId, writesRecordId } from "./keys.ts";
import { loadContents, type RecordLoader } from "./load-channels.ts";
import { loadWrite, readWrites } from "./pending-writes.ts";
import { deserialize } from "./serialized.ts";

/** A checkpoint with its pending writes. */
export interface LoadedCheckpoint {
  readonly known: KnownCheckpoint;
  readonly writes: readonly CheckpointPendingWrite[];
}

/** The state of a checkpoint in a listing, which shows whether the one in the cache is current. */
interface Listed {
  readonly version: Version;
  readonly hasWrites: boolean;
}

/** Loads a checkpoint and its pending writes, but not the values of its channels. */
export async function loadCheckpoint(
  context: SaverContext,
  { threadId, records }: ThreadRecords,
  recordId: string,
  listed?: Listed,
): Promise<LoadedCheckpoint | undefined> {
  const cached = context.cache.get(threadId, recordId);
  const isCurrent = cached !== undefined && cached.version === listed?.version;
  const [stored, writes] = await Promise.all([
    isCurrent ? undefined : records.load(recordId),
    listed?.hasWrites === false ? [] : loadWrites(context, records, recordId),
  ]);
  if (isCurrent) return { known: cached, writes };
  if (stored === undefined) return undefined;
  const known = cached?.version === stored.version ? cached : readCheckpoint(stored);
  return { known: withExpiry(known, stored), writes };
}

// Another process may have moved the expiry of the thread.
function withExpiry(known: KnownCheckpoint, { expiresAt }: StoredThread): KnownCheckpoint {
  return known.expiry === expiresAt?.getTime() ? known : { ...known, expiry: expiresAt?.getTime() };
}

export async function loadWrites(
  { serde }: SaverContext,
  records: ThreadStore,
  recordId: string,
): Promise<CheckpointPendingWrite[]> {
  const stored = readWrites(await records.load(writesRecordId(recordId)));
  return Promise.all(stored.map((write) => loadWrite(serde, write)));
}

/** Returns the metadata of a checkpoint. */
export async function loadMetadata(
  { serde }: SaverContext,
  { metadata }: KnownCheckpoint,
): Promise<CheckpointMetadata> {
  return (await deserialize(serde, metadata)) as CheckpointMetadata;
}

/** Returns a checkpoint as LangGraph needs it. Loads the values of its channels. */
export async function loadTuple(
  context: SaverContext,
  thread: ThreadRecords,
  load: RecordLoader,
  { known, writes }: LoadedCheckpoint,
): Promise<CheckpointTuple> {
  await loadContents(load, known);
  context.cache.set(thread.threadId, known);
  const [checkpoint, metadata] = await Promise.all([
    checkpointOf(context, known),
    loadMetadata(context, known),
  ]);
  if (checkpoint.v < 4 && known.parentId !== undefined) {
    await addPendingSends(context, thread, checkpoint, known);
  }
  return {
    config: configOf(thread, known, known.id),
    checkpoint,
    metadata,
    pendingWrites: [...writes],
    ...(known.parentId === undefined ? {} : { parentConfig: configOf(thread, known, known.parentId) }),
  };
}

function configOf({ threadId }: ThreadRecords, { namespace }: KnownCheckpoint, id: string): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
}

async function checkpointOf({ serde }: SaverContext, known: KnownCheckpoint): Promise<Checkpoint> {
  const base = (await deserialize(serde, known.checkpoint)) as Checkpoint;
  const values = await Promise.all(
    [...known.channels.keys()].map(async (name) => {
      const content = known.contents.get(name);
      return [name, content && (await deserialize(serde, content.value))] as const;
    }),
  );
  return { ...base, id: known.id, channel_values: Object.fromEntries(values) };
}

/**
 * Adds the tasks that a checkpoint of LangGraph before version 4 of its format was to send. They were stored as pending
 * writes of its parent, and are a channel since.
 */
async function addPendingSends(
  context: SaverContext,
  { records }: ThreadRecords,
  checkpoint: Checkpoint,
  { namespace, parentId }: KnownCheckpoint,
): Promise<void> {
  if (parentId === undefined) return;
  const writes = await loadWrites(context, records, checkpointRecordId(namespace, parentId));
  const versions = Object.values(checkpoint.channel_versions);
  checkpoint.channel_values[TASKS] = writes.filter(([, name]) => name === TASKS).map(([, , value]) => value);
  checkpoint.channel_versions[TASKS] = versions.length === 0 ? 1 : maxChannelVersion(...versions);
}
