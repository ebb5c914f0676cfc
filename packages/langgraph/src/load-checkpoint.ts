import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  maxChannelVersion,
  TASKS,
} from "@langchain/langgraph-checkpoint";
import type { ThreadStore, Version } from "@threadstore/core";
import { type KnownCheckpoint, readCheckpoint } from "./checkpoint.ts";
import type { RunnableConfig } from "./config.ts";
import type { SaverContext, ThreadRecords } from "./context.ts";
import { checkpointRecordId, writesRecordId } from "./keys.ts";
import { loadContents, type RecordLoader } from "./load-channels.ts";
import type { Moment } from "./moments.ts";
import { loadWrite, readWrites, type StoredWrite } from "./pending-writes.ts";
import { deserialize } from "./serialized.ts";

/** A checkpoint with its pending writes. */
export interface LoadedCheckpoint {
  readonly known: KnownCheckpoint;
  readonly writes: readonly CheckpointPendingWrite[];
}

/** The state of a checkpoint in a listing, which shows whether the one in the cache is current. */
interface Listed {
  /** The moment at which the listing was requested, if it is known. */
  readonly sentAt?: Moment | undefined;
  readonly version: Version;
  readonly writesVersion: Version | undefined;
}

/** Loads a checkpoint and its pending writes, but not the values of its channels. */
export async function loadCheckpoint(
  context: SaverContext,
  { threadId, records }: ThreadRecords,
  recordId: string,
  listed?: Listed,
): Promise<LoadedCheckpoint | undefined> {
  const sentAt = listed === undefined ? context.moments.now() : listed.sentAt;
  const cached = context.cache.get(threadId, recordId);
  const [known, writes] = await Promise.all([
    cached !== undefined && cached.version === listed?.version
      ? cached
      : loadKnown(records, recordId, cached),
    loadStoredWrites(records, recordId, cached?.writes, listed),
  ]);
  if (known === undefined) {
    context.cache.delete(threadId, recordId);
    return undefined;
  }
  known.writes = writes;
  context.cache.set(threadId, known, sentAt);
  return { known, writes: await valuesOf(context, writes?.stored ?? []) };
}

/** Loads a checkpoint, unless the version in the cache is the stored one. */
export async function loadKnown(
  records: ThreadStore,
  recordId: string,
  cached: KnownCheckpoint | undefined,
): Promise<KnownCheckpoint | undefined> {
  const stored = await records.load(recordId);
  if (stored === undefined) return undefined;
  if (cached?.version !== stored.version) return readCheckpoint(stored);
  // Another process may have moved the expiry of the thread.
  return { ...cached, expiry: stored.expiresAt?.getTime() };
}

async function loadStoredWrites(
  records: ThreadStore,
  recordId: string,
  cached: KnownCheckpoint["writes"],
  listed: Listed | undefined,
): Promise<KnownCheckpoint["writes"]> {
  if (listed !== undefined && listed.writesVersion === undefined) return undefined;
  if (cached !== undefined && cached.version === listed?.writesVersion) return cached;
  const stored = await records.load(writesRecordId(recordId));
  return stored && { version: stored.version, stored: readWrites(stored) };
}

function valuesOf(
  { serde }: SaverContext,
  stored: readonly StoredWrite[],
): Promise<CheckpointPendingWrite[]> {
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
  // Its size has changed.
  context.cache.get(thread.threadId, known.recordId);
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
 * Adds the tasks that a checkpoint has to send, if its format is older than LangGraph's version 4. In these formats,
 * they are pending writes of the parent. Since version 4, they are a channel.
 */
async function addPendingSends(
  context: SaverContext,
  { records }: ThreadRecords,
  checkpoint: Checkpoint,
  { namespace, parentId }: KnownCheckpoint,
): Promise<void> {
  if (parentId === undefined) return;
  const recordId = checkpointRecordId(namespace, parentId);
  const stored = await loadStoredWrites(records, recordId, undefined, undefined);
  const writes = await valuesOf(context, stored?.stored ?? []);
  const versions = Object.values(checkpoint.channel_versions);
  checkpoint.channel_values[TASKS] = writes.filter(([, name]) => name === TASKS).map(([, , value]) => value);
  checkpoint.channel_versions[TASKS] = versions.length === 0 ? 1 : maxChannelVersion(...versions);
}
