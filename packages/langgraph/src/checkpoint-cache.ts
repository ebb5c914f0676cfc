import type { KnownCheckpoint } from "./checkpoint.ts";

/** How much the values in the cache may have together, in characters of JSON or bytes. */
const MAX_SIZE = 16 * 2 ** 20;

/**
 * The checkpoints that a process has loaded or saved last. A checkpoint refers to the values of its parent, so that only
 * changes are stored, and a run loads the checkpoint that the run before it has saved.
 */
export interface CheckpointCache {
  get(threadId: string, recordId: string): KnownCheckpoint | undefined;
  set(threadId: string, checkpoint: KnownCheckpoint): void;
  /** Forgets the checkpoints of a thread. */
  deleteThread(threadId: string): void;
}

export function checkpointCache(maxSize: number = MAX_SIZE): CheckpointCache {
  // In the order of their last use.
  const entries = new Map<string, { readonly threadId: string; checkpoint: KnownCheckpoint; size: number }>();
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  function add(threadId: string, checkpoint: KnownCheckpoint): void {
    const size = sizeOf(checkpoint);
    entries.set(keyOf(threadId, checkpoint.recordId), { threadId, checkpoint, size });
    total += size;
    for (const [oldest] of entries) {
      if (total <= maxSize) break;
      remove(oldest);
    }
  }

  return {
    get(threadId, recordId) {
      const key = keyOf(threadId, recordId);
      const checkpoint = entries.get(key)?.checkpoint;
      if (checkpoint === undefined) return undefined;
      remove(key);
      add(threadId, checkpoint);
      return checkpoint;
    },
    set(threadId, checkpoint) {
      remove(keyOf(threadId, checkpoint.recordId));
      add(threadId, checkpoint);
    },
    deleteThread(threadId) {
      for (const [key, entry] of entries) if (entry.threadId === threadId) remove(key);
    },
  };
}

function keyOf(threadId: string, recordId: string): string {
  return `${recordId} ${threadId}`;
}

function sizeOf({ channels, contents, writes }: KnownCheckpoint): number {
  let size = 1000 + 200 * channels.size;
  for (const { value } of writes?.stored ?? []) size += 200 + value.data.length;
  for (const { value } of contents.values()) size += value.data.length;
  return size;
}
