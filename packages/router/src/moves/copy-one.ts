import { type StoredThread, type ThreadStore, ThreadStoreError, type Version } from "@threadstore/core";
import { copyingOptions, differentCopy, isCopyOf } from "@threadstore/core/decorator";

/** A namespace in both stores. */
export interface Copying {
  readonly source: ThreadStore;
  readonly target: ThreadStore;
  readonly signal: AbortSignal;
}

/** What happened to a thread. */
export interface CopiedThread {
  /** The version of the original that the target has now; `undefined` if the thread was deleted. */
  readonly version: Version | undefined;
  /** The size of the thread; 0 if the target already had it. */
  readonly bytes: number;
  readonly wasCopied: boolean;
}

/**
 * Copies one thread with its times, metadata, expiry and keys of appends, and reads it back. Each write to the target
 * has a precondition, so a job that was suspended and replaced by another job cannot overwrite later writes.
 */
export async function copyOne({ source, target, signal }: Copying, id: string): Promise<CopiedThread> {
  const original = await loadOriginal(source, id, signal);
  if (original === undefined) return { version: undefined, bytes: 0, wasCopied: false };
  const { version, size } = original;
  const saved = await saveCopy(target, original, signal);
  if (saved === undefined) return { version, bytes: 0, wasCopied: false };
  const copy = await target.load(id, { signal });
  if (copy !== undefined && isCopyOf(copy, original)) return { version, bytes: size, wasCopied: true };
  throw differentCopy(id);
}

async function loadOriginal(
  source: ThreadStore,
  id: string,
  signal: AbortSignal,
): Promise<StoredThread | undefined> {
  try {
    return await source.load(id, { signal });
  } catch (error) {
    throw ThreadStoreError.is(error, "CORRUPT") ? corruptThread(id, error) : error;
  }
}

/** Creates the error for a thread that cannot be moved. */
export function corruptThread(id: string, cause?: unknown): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    "The namespace was not moved, because it has a corrupt thread, which would be lost. Restore or delete the thread, and start the move again.",
    cause === undefined ? { id } : { id, cause },
  );
}

/** Resolves with the copy; `undefined` if the target already had it. */
async function saveCopy(
  target: ThreadStore,
  original: StoredThread,
  signal: AbortSignal,
): Promise<StoredThread | undefined> {
  const { id, json } = original;
  const options = copyingOptions(original, signal);
  try {
    return await target.save(id, json, options);
  } catch (error) {
    if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  }
  const existing = await target.load(id, { signal }).catch(async (error: unknown) => {
    if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
    await deleteCorrupt(target, id, signal);
    return undefined;
  });
  if (existing !== undefined && isCopyOf(existing, original)) return undefined;
  return target.save(id, json, { ...options, previous: existing });
}

/** The remains of an earlier move can be corrupt. A listing has their version. */
async function deleteCorrupt(target: ThreadStore, id: string, signal: AbortSignal): Promise<void> {
  for await (const summary of target.list({ prefix: id, signal })) {
    if (summary.id === id) await target.delete(id, { previous: summary, signal });
  }
}
