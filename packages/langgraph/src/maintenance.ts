import type { ThreadStore } from "@threadstore/core";
import { dataRecordsOf, type KnownCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { forEachConcurrently, type SaverContext, type ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { findCheckpoints, type ListedCheckpoint } from "./find-checkpoints.ts";
import {
  CHECKPOINT_PREFIX,
  checkpointKey,
  checkpointPrefix,
  DATA_PREFIX,
  parseRecordId,
  writesRecordId,
} from "./keys.ts";
import { loadMetadata } from "./load-checkpoint.ts";
import { deserialize } from "./serialized.ts";

/**
 * Deletes the values and pending writes that no checkpoint refers to, which crashes leave, unless they have changed
 * within `minAgeMs`: a run may be about to save the checkpoint that refers to them. Returns how many it deleted.
 */
export async function deleteOrphans(
  { now }: SaverContext,
  { records }: ThreadRecords,
  minAgeMs: number,
): Promise<number> {
  const latest = now() - minAgeMs;
  // Candidates come first: a checkpoint that is saved meanwhile only refers to records that are new or not orphans.
  const candidates = new Set(await dataRecordsBefore(records, latest));
  const checkpoints = new Set<string>();
  const writes = new Set<string>();
  for await (const { id, corrupt, updatedAt } of records.list({ prefix: CHECKPOINT_PREFIX, limit: 1000 })) {
    const name = parseRecordId(id);
    if (name?.isWrites === true && !corrupt && updatedAt.getTime() <= latest) writes.add(id);
    if (name?.isWrites === false) checkpoints.add(id);
  }
  for (const id of checkpoints) writes.delete(writesRecordId(id));
  await forEachConcurrently(candidates.size === 0 ? [] : checkpoints, async (id) => {
    const stored = await records.load(id);
    if (stored !== undefined)
      for (const used of dataRecordsOf(readCheckpoint(stored))) candidates.delete(used);
  });
  const orphans = [...writes, ...candidates];
  await forEachConcurrently(orphans, (id) => records.delete(id));
  return orphans.length;
}

async function dataRecordsBefore(records: ThreadStore, time: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, corrupt, updatedAt } of records.list({ prefix: DATA_PREFIX, limit: 1000 })) {
    if (!corrupt && updatedAt.getTime() <= time) ids.push(id);
  }
  return ids;
}

/**
 * Deletes all checkpoints of a thread but the latest of each namespace and those that it needs: the ancestors that
 * rebuild its delta channels, and the parent of a checkpoint in an old format.
 */
export async function keepLatest(context: SaverContext, thread: ThreadRecords): Promise<void> {
  const { records } = thread;
  const listing = findCheckpoints(records, {
    prefix: CHECKPOINT_PREFIX,
    onDeletion: () => deleteRecords(records),
  });
  const namespaces = new Map<string, ListedCheckpoint[]>();
  for await (const listed of listing) {
    namespaces.set(listed.prefix, [...(namespaces.get(listed.prefix) ?? []), listed]);
  }
  for (const [latest, ...others] of namespaces.values()) {
    if (latest === undefined) continue;
    const needed = await ancestorsNeeded(context, records, latest.recordId);
    const deleted = others.filter(({ key }) => !needed.has(key));
    // The oldest first, so that a crash leaves the latest checkpoints.
    await forEachConcurrently(deleted.toReversed(), async ({ recordId }) => {
      await records.delete(recordId);
      await records.delete(writesRecordId(recordId));
    });
  }
}

/** Returns the keys of the ancestors that a checkpoint needs. */
async function ancestorsNeeded(
  context: SaverContext,
  records: ThreadStore,
  recordId: string,
): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  const latest = await loadKnown(records, recordId);
  if (latest === undefined) return needed;
  const missing = await deltaChannels(context, latest);
  for (let current: KnownCheckpoint | undefined = latest; current?.parentId !== undefined;) {
    for (const name of current.channels.keys()) missing.delete(name);
    const needsParent = missing.size > 0 || (current === latest && (await isOldFormat(context, current)));
    if (!needsParent) break;
    const key = checkpointKey(current.parentId);
    needed.add(key);
    current = await loadKnown(records, checkpointPrefix(current.namespace) + key);
  }
  return needed;
}

/** Returns the delta channels that have changed since their last snapshot, and therefore need their ancestors. */
async function deltaChannels(context: SaverContext, known: KnownCheckpoint): Promise<Set<string>> {
  const { counters_since_delta_snapshot: counters = {} } = await loadMetadata(context, known);
  return new Set(Object.keys(counters));
}

async function isOldFormat({ serde }: SaverContext, { checkpoint }: KnownCheckpoint): Promise<boolean> {
  return ((await deserialize(serde, checkpoint)) as { v: number }).v < 4;
}

async function loadKnown(records: ThreadStore, recordId: string): Promise<KnownCheckpoint | undefined> {
  const stored = await records.load(recordId);
  return stored && readCheckpoint(stored);
}
