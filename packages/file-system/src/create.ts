import { basename, dirname, join } from "node:path";
import type { RecordToWrite, ThreadKey, Version } from "@threadstore/core";
import { hasVersion } from "./current.ts";
import { emptyTrash, moveToTrash } from "./debris.ts";
import { lastingDecision } from "./explain.ts";
import { idFileName, type Layout, segmentName, threadFolder, unusedPath } from "./layout.ts";
import { isHashedName } from "./names.ts";
import type { Place } from "./place.ts";
import { renameOwn } from "./rename.ts";
import { wholeFrame } from "./segments.ts";
import { readdir, rmdir } from "./system-calls.ts";
import { hasCode, unlessCode } from "./system-error.ts";
import { isVersion, newVersion } from "./version.ts";

/** Prepares the thread's folder aside and renames it into place, which fails if a thread is there. */
export async function create(
  place: Place,
  key: ThreadKey,
  { bytes }: RecordToWrite,
): Promise<Version | undefined> {
  const { layout, disk } = place;
  const thread = threadFolder(layout, key);
  if (await hasVersion(thread)) return undefined;
  const segment = place.segments.next();
  const { content, end } = wholeFrame(bytes);
  const version = newVersion({ segment, end });
  const prepared = unusedPath(layout.prepared);
  let created = false;
  try {
    const folder = join(prepared, version);
    await disk.makeFolder(folder);
    await disk.writeNew(join(folder, segmentName(segment)), content);
    if (isHashedName(basename(thread))) await disk.writeNew(join(folder, idFileName), [Buffer.from(key.id)]);
    await disk.sync(folder);
    await disk.sync(prepared);
    created = await putInPlace(place, prepared, thread);
  } finally {
    // Should this fail too, the first failure is the one to report, and a sweep removes what is left.
    if (!created) await Promise.allSettled([discard(layout, prepared)]);
  }
  // The namespace's folder may be as new as the thread.
  if (created && key.namespace !== "") await lastingDecision(() => disk.sync(layout.namespaces));
  return created ? version : undefined;
}

async function putInPlace({ disk, signal }: Place, prepared: string, thread: string): Promise<boolean> {
  for (;;) {
    await disk.makeLastingFolder(dirname(thread));
    await using names = await disk.openFolder(dirname(thread));
    signal.throwIfAborted();
    try {
      await renameOwn(prepared, thread);
    } catch (error) {
      if (hasCode(error, "ENOENT")) {
        // Either what was prepared is gone, which is a failure, or the namespace's folder is, being empty.
        await readdir(prepared);
        continue;
      }
      if (await canTryAgain(thread, error)) continue;
      return false;
    }
    await lastingDecision(() => names.sync());
    return true;
  }
}

/**
 * After a rename that `error` refused: `false` if there is a thread, so that the race is lost. Otherwise another
 * rename can succeed: the thread was deleted just now, or only its empty folder is left, onto which Windows does
 * not rename. Rejects with `error` when the reason is another.
 */
async function canTryAgain(thread: string, error: unknown): Promise<boolean> {
  if (!hasCode(error, "ENOTEMPTY", "EEXIST", "EPERM", "EACCES")) throw error;
  const names = await unlessCode(readdir(thread), "ENOENT");
  if (names?.some((name) => isVersion(name))) return false;
  const wasDeleted = names === undefined && hasCode(error, "ENOTEMPTY", "EEXIST");
  const isLeftover = names?.length === 0;
  if (!wasDeleted && !isLeftover) throw error;
  await unlessCode(rmdir(thread), "ENOENT", "ENOTEMPTY", "EEXIST");
  return true;
}

async function discard(layout: Layout, prepared: string): Promise<void> {
  const trash = await moveToTrash(layout, prepared);
  if (trash !== undefined) await emptyTrash(trash);
}
