import type { KnownCheckpoint } from "./checkpoint.ts";
import { leases } from "./leases.ts";
import type { Moment, Moments } from "./moments.ts";

/** The maximum size of all values in the cache, in characters of JSON or bytes. */
const MAX_SIZE = 16 * 2 ** 20;

/**
 * The checkpoints that a process has loaded or saved last. A new checkpoint refers to the values of its parent, so that
 * only changes are stored, and a run starts from the checkpoint that the previous run has saved.
 */
export interface CheckpointCache {
  get(threadId: string, recordId: string): KnownCheckpoint | undefined;
  /** Remembers a checkpoint that was saved, loaded or listed by requests that were sent at or after this moment. */
  readonly set: (threadId: string, checkpoint: KnownCheckpoint, sentAt: Moment | undefined) => void;
  /** Notes that a request that was sent at this moment has found no mark of a deletion. */
  readonly startLease: (threadId: string, sentAt: Moment) => void;
  /**
   * Returns whether new checkpoints can refer to the records of this one: a deletion that has started since has not
   * deleted anything yet, and earlier ones did not delete it. Without a checkpoint, returns whether this is the case
   * for records that were saved since.
   */
  isLeased(threadId: string, recordId?: string): boolean;
  delete(threadId: string, recordId: string): void;
  /** Forgets the checkpoints of a thread. */
  deleteThread(threadId: string): void;
}

interface Entry {
  readonly threadId: string;
  readonly checkpoint: KnownCheckpoint;
  readonly size: number;
  readonly sentAt: Moment | undefined;
}

export function checkpointCache(moments: Moments, maxSize: number = MAX_SIZE): CheckpointCache {
  // In the order of their last use.
  const entries = new Map<string, Entry>();
  const threads = leases(moments);
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  function add(threadId: string, checkpoint: KnownCheckpoint, sentAt: Moment | undefined): void {
    const key = keyOf(threadId, checkpoint.recordId);
    remove(key);
    const size = sizeOf(checkpoint);
    entries.set(key, { threadId, checkpoint, size, sentAt });
    total += size;
    for (const [oldest] of entries) {
      if (total <= maxSize) break;
      remove(oldest);
    }
  }

  return {
    get(threadId, recordId) {
      const entry = entries.get(keyOf(threadId, recordId));
      if (entry === undefined) return undefined;
      // Its size may have changed, because values have been loaded.
      add(threadId, entry.checkpoint, entry.sentAt);
      return entry.checkpoint;
    },
    set: add,
    startLease: threads.start,
    isLeased(threadId, recordId) {
      const start = threads.startOf(threadId);
      if (start === undefined || recordId === undefined) return start !== undefined;
      const { sentAt, checkpoint } = entries.get(keyOf(threadId, recordId)) ?? {};
      if (sentAt === undefined || sentAt.monotonic < start.monotonic) return false;
      return moments.now().wall < (checkpoint?.expiry ?? Infinity);
    },
    delete(threadId, recordId) {
      remove(keyOf(threadId, recordId));
    },
    deleteThread(threadId) {
      threads.delete(threadId);
      for (const [key, entry] of entries) if (entry.threadId === threadId) remove(key);
    },
  };
}

function keyOf(threadId: string, recordId: string): string {
  return `${recordId} ${threadId}`;
}

function sizeOf({ checkpoint, metadata, channels, contents, writes }: KnownCheckpoint): number {
  let size = 1000 + 200 * channels.size + checkpoint.data.length + metadata.data.length;
  for (const { location } of channels.values()) if (location.kind === "list") size += location.tail.length;
  for (const { value } of writes?.stored ?? []) size += 200 + value.data.length;
  for (const { value } of contents.values()) size += value.data.length;
  return size;
}
