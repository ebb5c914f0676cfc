import type { KnownCheckpoint } from "./checkpoint.ts";

/** How long a checkpoint counts as existing after this process has saved, loaded or listed it. */
const RECENT_MS = 1000;
/** The maximum size of all values in the cache, in characters of JSON or bytes. */
const MAX_SIZE = 16 * 2 ** 20;

/**
 * The checkpoints that a process has loaded or saved last. A new checkpoint refers to the values of its parent, so that
 * only changes are stored, and a run starts from the checkpoint that the previous run has saved.
 */
export interface CheckpointCache {
  get(threadId: string, recordId: string): KnownCheckpoint | undefined;
  /** Remembers a checkpoint that was just confirmed: saved, loaded or listed. */
  set(threadId: string, checkpoint: KnownCheckpoint): void;
  /** Returns whether a checkpoint has not expired and was confirmed so recently that it need not be loaded again. */
  isRecent(threadId: string, recordId: string): boolean;
  delete(threadId: string, recordId: string): void;
  /** Forgets the checkpoints of a thread. */
  deleteThread(threadId: string): void;
}

interface Entry {
  readonly threadId: string;
  readonly checkpoint: KnownCheckpoint;
  readonly size: number;
  readonly confirmedAt: number;
}

export function checkpointCache(now: () => number, maxSize: number = MAX_SIZE): CheckpointCache {
  // In the order of their last use.
  const entries = new Map<string, Entry>();
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  function add(threadId: string, checkpoint: KnownCheckpoint, confirmedAt: number): void {
    const size = sizeOf(checkpoint);
    entries.set(keyOf(threadId, checkpoint.recordId), { threadId, checkpoint, size, confirmedAt });
    total += size;
    for (const [oldest] of entries) {
      if (total <= maxSize) break;
      remove(oldest);
    }
  }

  return {
    get(threadId, recordId) {
      const key = keyOf(threadId, recordId);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      remove(key);
      // Its size may have changed, because values have been loaded.
      add(threadId, entry.checkpoint, entry.confirmedAt);
      return entry.checkpoint;
    },
    set(threadId, checkpoint) {
      remove(keyOf(threadId, checkpoint.recordId));
      add(threadId, checkpoint, now());
    },
    isRecent(threadId, recordId) {
      const { confirmedAt, checkpoint } = entries.get(keyOf(threadId, recordId)) ?? {};
      if (confirmedAt === undefined) return false;
      return now() < Math.min(confirmedAt + RECENT_MS, checkpoint?.expiry ?? Infinity);
    },
    delete(threadId, recordId) {
      remove(keyOf(threadId, recordId));
    },
    deleteThread(threadId) {
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
