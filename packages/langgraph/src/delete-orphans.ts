import type { ThreadStore } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import { dataRecordsOf, readCheckpoint } from "./checkpoint.ts";
import { type SaverContext, type ThreadRecords } from "./context.ts";
import {
  CHECKPOINT_PREFIX,
  DATA_PREFIX,
  HEAD_PREFIX,
  headOfPrefix,
  parseRecordId,
  writesRecordId,
} from "./keys.ts";

/**
 * Deletes values and pending writes that no checkpoint refers to, which crashes leave, and heads of namespaces without
 * checkpoints. Skips those that have changed within `minAgeMs`, because a run may be about to save the checkpoint.
 * Resolves with the number of deleted records.
 */
export async function deleteOrphans(
  { now }: SaverContext,
  { records }: ThreadRecords,
  minAgeMs: number,
): Promise<number> {
  const latest = now() - minAgeMs;
  // Listed before the checkpoints: a checkpoint that is saved meanwhile refers only to records that are new or in use.
  const candidates = new Set(await recordsBefore(records, DATA_PREFIX, latest));
  const heads = new Set(await recordsBefore(records, HEAD_PREFIX, latest));
  const checkpoints = new Set<string>();
  const writes = new Set<string>();
  for await (const { id, corrupt, updatedAt } of records.list({ prefix: CHECKPOINT_PREFIX, limit: 1000 })) {
    const name = parseRecordId(id);
    if (name?.isWrites === true && !corrupt && updatedAt.getTime() <= latest) writes.add(id);
    if (name?.isWrites === false) checkpoints.add(id);
    if (name?.isWrites === false) heads.delete(headOfPrefix(name.prefix));
  }
  for (const id of checkpoints) writes.delete(writesRecordId(id));
  await mapConcurrently(candidates.size === 0 ? [] : checkpoints, async (id) => {
    const stored = await records.load(id);
    if (stored !== undefined)
      for (const used of dataRecordsOf(readCheckpoint(stored))) candidates.delete(used);
  });
  const orphans = [...writes, ...candidates, ...heads];
  await mapConcurrently(orphans, (id) => records.delete(id));
  return orphans.length;
}

async function recordsBefore(records: ThreadStore, prefix: string, time: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, corrupt, updatedAt } of records.list({ prefix, limit: 1000 })) {
    if (!corrupt && updatedAt.getTime() <= time) ids.push(id);
  }
  return ids;
}
