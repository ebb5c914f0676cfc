import { basename, dirname, join } from "node:path";
import type { Version } from "@threadstore/core";
import { hasSystemErrorCode, type RecordToWrite, type ThreadKey } from "@threadstore/core/driver";
import { hasVersion } from "../current-version.ts";
import { isHashedName, threadFolder } from "../keys.ts";
import { ID_FILE_NAME, type Layout, segmentFileName, unusedPath } from "../layout.ts";
import { wholeRecordFrame } from "../segments/segment-writer.ts";
import { renameOwn } from "../system/rename.ts";
import { readdir, rmdir } from "../system/synchronous-io.ts";
import { unlessCode } from "../system/system-error.ts";
import { moveToTrash, removeTrashed } from "../trash.ts";
import { isVersion, newVersion } from "../version.ts";
import { syncCommit } from "./commit-point.ts";
import type { WriteContext } from "./write-context.ts";

/** Stages the thread's folder and renames it to its final name, which fails if the thread exists. */
export async function createRecord(
  context: WriteContext,
  key: ThreadKey,
  { bytes, updatedAt }: RecordToWrite,
): Promise<Version | undefined> {
  const { layout, files } = context;
  const thread = threadFolder(layout, key);
  if (await hasVersion(thread)) return undefined;
  const segment = context.segments.newName();
  const { content, end } = wholeRecordFrame(bytes);
  const version = newVersion({ segment, end }, updatedAt);
  const staged = unusedPath(layout.staging);
  let isCommitted = false;
  try {
    const folder = join(staged, version);
    await files.createFolder(folder);
    await files.writeNewFile(join(folder, segmentFileName(segment)), content);
    if (isHashedName(basename(thread))) {
      await files.writeNewFile(join(folder, ID_FILE_NAME), [Buffer.from(key.id)]);
    }
    await files.syncFolder(folder);
    await files.syncFolder(staged);
    isCommitted = await commit(context, staged, thread);
  } finally {
    // If this fails too, the first failure is reported, and maintenance removes the leftovers.
    if (!isCommitted) await Promise.allSettled([discard(layout, staged)]);
  }
  // The namespace's folder may be as new as the thread.
  if (isCommitted && key.namespace !== "") await syncCommit(() => files.syncFolder(layout.namespaces));
  return isCommitted ? version : undefined;
}

/** Resolves to `false` if the thread exists. */
async function commit({ files, signal }: WriteContext, staged: string, thread: string): Promise<boolean> {
  for (;;) {
    await files.createDurableFolder(dirname(thread));
    using parent = await files.openFolder(dirname(thread));
    signal.throwIfAborted();
    try {
      await renameOwn(staged, thread);
    } catch (error) {
      if (hasSystemErrorCode(error, "ENOENT")) {
        // Throws if the staged folder is gone. Otherwise the namespace's folder is: it was empty and was removed.
        await readdir(staged);
        continue;
      }
      if (await canRetryRename(thread, error)) continue;
      return false;
    }
    await syncCommit(() => parent.sync());
    return true;
  }
}

/**
 * Decides what to do after a rename failed with `error`. Resolves to `false` if the thread exists, so that the race is
 * lost. Resolves to `true` if another rename can succeed: the thread has just been deleted, or only its empty folder
 * is left, which Windows does not replace. Rejects with `error` in all other cases.
 */
async function canRetryRename(thread: string, error: unknown): Promise<boolean> {
  if (!hasSystemErrorCode(error, "ENOTEMPTY", "EEXIST", "EPERM", "EACCES")) throw error;
  const names = await unlessCode(() => readdir(thread), "ENOENT");
  if (names?.some((name) => isVersion(name))) return false;
  const wasDeleted = names === undefined && hasSystemErrorCode(error, "ENOTEMPTY", "EEXIST");
  const isEmpty = names?.length === 0;
  if (!wasDeleted && !isEmpty) throw error;
  await unlessCode(() => rmdir(thread), "ENOENT", "ENOTEMPTY", "EEXIST");
  return true;
}

async function discard(layout: Layout, staged: string): Promise<void> {
  const trashed = await moveToTrash(layout, staged);
  if (trashed !== undefined) await removeTrashed(trashed);
}
