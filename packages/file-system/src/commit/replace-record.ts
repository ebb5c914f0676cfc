import { join } from "node:path";
import type { Version } from "@threadstore/core";
import { hasSystemErrorCode, type ThreadKey } from "@threadstore/core/driver";
import { listVersions } from "../current-version.ts";
import { threadFolder } from "../keys.ts";
import { isSegmentFileName, segmentFileName } from "../layout.ts";
import { rememberStored } from "../segments/own-segments.ts";
import {
  type ExpectedRecord,
  type RecordChange,
  stageRecord,
  type StagedRecord,
} from "../segments/segment-writer.ts";
import { renameToNew } from "../system/rename.ts";
import { readdir, unlink } from "../system/synchronous-io.ts";
import { NOT_REMOVABLE, unlessCode } from "../system/system-error.ts";
import { locationOf, newVersion } from "../version.ts";
import { cleanUpAfterCommit, syncCommit } from "./commit-point.ts";
import type { WriteContext } from "./write-context.ts";

/** A record that replaces the one of the expected version. */
export interface ReplacingRecord {
  readonly updatedAt: number;
  /** Returns the change of the replaced record. */
  readonly change: (expected: ExpectedRecord) => RecordChange;
}

/** Writes the new record into the folder of the current version and renames that folder to the new version. */
export async function replaceRecord(
  context: WriteContext,
  key: ThreadKey,
  { change, updatedAt }: ReplacingRecord,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const location = locationOf(expectedVersion);
  if (location === undefined) return undefined;
  const thread = threadFolder(context.layout, key);
  await using openThread = await unlessCode(context.files.openFolder(thread), "ENOENT");
  if (openThread === undefined) return undefined;
  const expected = { folder: join(thread, expectedVersion), version: expectedVersion, location };
  const replacement = await commit(context, thread, expected, { change, updatedAt });
  if (replacement === undefined) return undefined;
  await syncCommit(() => openThread.sync());
  const { version, supersededFiles } = replacement;
  await cleanUpAfterCommit(async () => {
    for (const name of supersededFiles) await removeSegmentFile(join(thread, version, name));
  });
  return version;
}

interface Replacement {
  readonly version: Version;
  /** The names of the segment files that can be removed. */
  readonly supersededFiles: readonly string[];
}

/** Resolves to `undefined` if the race was lost. */
async function commit(
  context: WriteContext,
  thread: string,
  expected: ExpectedRecord,
  { change, updatedAt }: ReplacingRecord,
): Promise<Replacement | undefined> {
  const { folder } = expected;
  let staged: StagedRecord | undefined;
  try {
    staged = await stageRecord(context, expected, change(expected));
    const segmentFiles = staged.isNewSegment ? await listSegmentFiles(folder) : [];
    if (staged.isNewSegment) await context.files.syncFolder(folder);
    context.signal.throwIfAborted();
    const version = newVersion(staged, updatedAt);
    await renameToNew(folder, join(thread, version));
    rememberStored(context.segments, version, staged);
    const neededFiles = new Set(staged.neededSegments.map((segment) => segmentFileName(segment)));
    return { version, supersededFiles: segmentFiles.filter((name) => !neededFiles.has(name)) };
  } catch (error) {
    // After EIO the rename may have taken place, and later records may depend on the segment.
    const isWithdrawn = staged?.isNewSegment === true && !hasSystemErrorCode(error, "EIO");
    if (staged !== undefined && isWithdrawn) await Promise.allSettled([withdraw(thread, staged)]);
    if (hasSystemErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Must run before the rename: all segments listed then were added at the current version or earlier, so no later
 * record needs those that the new record does not. After the rename, other writers add segments that can win.
 */
async function listSegmentFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => isSegmentFileName(name));
}

/** How often to look for a segment whose folder is being renamed. After that, a later save removes it. */
const MAX_REMOVALS = 10;

/** Removes a segment that did not become part of the record, from the folder of whichever version is current now. */
async function withdraw(thread: string, { segment }: StagedRecord): Promise<void> {
  for (let attempts = 0; attempts < MAX_REMOVALS; attempts += 1) {
    const versions = (await listVersions(thread)) ?? [];
    // If a rename took place although it reported a failure, the current record needs the segment.
    if (versions.some((version) => locationOf(version)?.segment === segment)) return;
    for (const version of versions)
      if (await removeSegmentFile(join(thread, version, segmentFileName(segment)))) return;
    // The thread was deleted, or another writer renamed the folder after it was listed.
    if (versions.length === 0) return;
  }
}

/**
 * Resolves with whether the file was removed. A later save removes a file that cannot be removed now, for example because
 * it is open on Windows. A folder in its place stays until the thread is deleted.
 */
async function removeSegmentFile(file: string): Promise<boolean> {
  const removing = unlink(file).then(() => true);
  return (await unlessCode(removing, "ENOENT", "EISDIR", ...NOT_REMOVABLE)) ?? false;
}
