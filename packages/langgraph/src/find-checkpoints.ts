import type { ThreadStore, ThreadSummary, Version } from "@threadstore/core";
import { type CheckpointRecordName, DELETION_MARK, parseRecordId } from "./keys.ts";

/** A checkpoint in a listing. */
export interface ListedCheckpoint extends CheckpointRecordName {
  readonly recordId: string;
  readonly version: Version;
  /** The version of the pending writes, if there are any. */
  readonly writesVersion: Version | undefined;
}

/** A listing of the checkpoints of a thread. */
export interface CheckpointListing {
  /** The beginning of the ids to list: that of all checkpoints, or that of one namespace. */
  readonly prefix: string;
  /**
   * The number of records to request at once.
   * @default 100
   */
  readonly pageSize?: number;
  /** Completes a deletion that was interrupted. The listing then ends. */
  readonly onDeletion: () => Promise<void>;
}

/** Lists the checkpoints of each namespace, the latest first. Reads no checkpoint. */
export async function* findCheckpoints(
  records: ThreadStore,
  { prefix, pageSize = 100, onDeletion }: CheckpointListing,
): AsyncGenerator<ListedCheckpoint> {
  let last: (CheckpointRecordName & ThreadSummary) | undefined;
  for await (const summary of records.list({ prefix, limit: pageSize })) {
    if (summary.id === DELETION_MARK) {
      await onDeletion();
      return;
    }
    const name = parseRecordId(summary.id);
    if (name === undefined) continue;
    // Pending writes follow their checkpoint. Those without a checkpoint belong to one that has not been saved.
    const isOfLast = name.isWrites && name.key === last?.key && name.prefix === last.prefix;
    if (last !== undefined) yield listed(last, isOfLast ? summary.version : undefined);
    last = name.isWrites ? undefined : { ...summary, ...name };
  }
  if (last !== undefined) yield listed(last, undefined);
}

function listed(
  { id, version, prefix, key, isWrites }: CheckpointRecordName & ThreadSummary,
  writesVersion: Version | undefined,
): ListedCheckpoint {
  return { recordId: id, version, prefix, key, isWrites, writesVersion };
}
