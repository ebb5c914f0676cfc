import { setTimeout as wait } from "node:timers/promises";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { nameIn } from "./location.ts";
import { type CheckedSnapshot, readSnapshot } from "./snapshot-document.ts";

/** The snapshot to watch, and how often to read it. */
export interface Watch {
  readonly snapshots: ThreadStore;
  readonly snapshotId: string;
  readonly pollIntervalMs: number;
  readonly onChange: (snapshot: CheckedSnapshot) => void;
}

/**
 * Reads a snapshot again and again, and reports each version that it sees. Reads that fail are repeated. Does not keep
 * the process running. Returns a function that stops it. Throws `INVALID_ARGUMENT` for an invalid id.
 */
export function watchSnapshot({ snapshots, snapshotId, pollIntervalMs, onChange }: Watch): () => void {
  const name = nameIn(snapshotId, "snapshotId");
  const stopping = new AbortController();
  const { signal } = stopping;
  let cached: StoredThread | undefined;
  void watch();
  return () => stopping.abort();

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      // No caller waits for a failure, and the next read may succeed.
      const snapshot = await readChange().catch(() => undefined);
      if (signal.aborted) return;
      if (snapshot !== undefined) onChange(snapshot);
      await wait(pollIntervalMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  /** Resolves with the snapshot if it has changed. */
  async function readChange(): Promise<CheckedSnapshot | undefined> {
    const stored = await snapshots.load(name, { cached });
    if (stored === undefined || stored.version === cached?.version) return undefined;
    cached = stored;
    return readSnapshot(stored, snapshotId);
  }
}
