import { readdir, rename, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ThreadKey, Version } from "@threadstore/core";
import { hasVersion } from "./current.ts";
import { emptyTrash, moveToTrash } from "./debris.ts";
import { afterDecision } from "./explain.ts";
import { idFileName, type Layout, newVersion, recordFile, threadFolder, unusedPath } from "./layout.ts";
import { isHashedName } from "./names.ts";
import type { Place } from "./place.ts";
import { hasCode } from "./system-error.ts";

/** Prepares the thread's folder aside and renames it into place, which fails if a thread is there. */
export async function create(place: Place, key: ThreadKey, bytes: Uint8Array): Promise<Version | undefined> {
  const { layout, disk } = place;
  const thread = threadFolder(layout, key);
  if (await hasVersion(thread)) return undefined;
  const version = newVersion();
  const prepared = unusedPath(layout.prepared);
  let created = false;
  try {
    const folder = join(prepared, version);
    await disk.makeFolder(folder);
    await disk.writeNew(recordFile(prepared, version), bytes);
    if (isHashedName(basename(thread))) await disk.writeNew(join(folder, idFileName), key.id);
    await disk.sync(folder);
    await disk.sync(prepared);
    created = await putInPlace(place, prepared, thread);
  } finally {
    // Should this fail too, the first failure is the one to report, and a sweep removes what is left.
    if (!created) await Promise.allSettled([discard(layout, prepared)]);
  }
  // The namespace's folder may be as new as the thread.
  if (created && key.namespace !== "") await afterDecision(() => disk.sync(layout.namespaces));
  return created ? version : undefined;
}

async function putInPlace({ disk, signal }: Place, prepared: string, thread: string): Promise<boolean> {
  for (;;) {
    await disk.makeLastingFolder(dirname(thread));
    await using names = await disk.openFolder(dirname(thread));
    signal.throwIfAborted();
    try {
      await rename(prepared, thread);
    } catch (error) {
      if (hasCode(error, "ENOENT")) {
        // Either what was prepared is gone, which is a failure, or the namespace's folder is, being empty.
        await readdir(prepared);
        continue;
      }
      if (!(await removeLeftover(thread, error))) return false;
      continue;
    }
    await afterDecision(() => names.sync());
    return true;
  }
}

/**
 * Clears a thread's folder without a thread, which a delete was about to remove, out of the way: Windows does
 * not rename onto it, although it is empty. `false`: there is a thread. Rejects with `error` when neither is
 * what stood in the way.
 */
async function removeLeftover(thread: string, error: unknown): Promise<boolean> {
  if (!hasCode(error, "ENOTEMPTY", "EEXIST", "EPERM", "EACCES")) throw error;
  if (await hasVersion(thread)) return false;
  try {
    await rmdir(thread);
    return true;
  } catch (obstacle) {
    if (hasCode(obstacle, "ENOENT") && hasCode(error, "ENOTEMPTY", "EEXIST")) return true;
    if (await hasVersion(thread)) return false;
    throw error;
  }
}

async function discard(layout: Layout, prepared: string): Promise<void> {
  const trash = await moveToTrash(layout, prepared);
  if (trash !== undefined) await emptyTrash(trash);
}
