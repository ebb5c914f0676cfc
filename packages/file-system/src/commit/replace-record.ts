import type { Version } from "@threadstore/core";
import { andThen, hasSystemErrorCode, type MaybePromise, type ThreadKey } from "@threadstore/core/driver";
import { listVersions } from "../current-version.ts";
import { threadFolder } from "../keys.ts";
import { isSegmentFileName, pathIn, segmentFileName } from "../layout.ts";
import { rememberStored } from "../segments/own-segments.ts";
import {
  type ExpectedRecord,
  type RecordChange,
  stageRecord,
  type StagedRecord,
} from "../segments/segment-writer.ts";
import { renameToNew } from "../system/rename.ts";
import { catching, closing } from "../system/steps.ts";
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
export function replaceRecord(
  context: WriteContext,
  key: ThreadKey,
  { change, updatedAt }: ReplacingRecord,
  expectedVersion: Version,
): MaybePromise<Version | undefined> {
  const location = locationOf(expectedVersion);
  if (location === undefined) return undefined;
  const thread = threadFolder(context.layout, key);
  const expected = { folder: pathIn(thread, expectedVersion), version: expectedVersion, location };
  const opened = unlessCode(() => context.files.openFolder(thread), "ENOENT");
  return andThen(opened, (openThread) => {
    if (openThread === undefined) return undefined;
    return closing(openThread, () =>
      andThen(commit(context, thread, expected, { change, updatedAt }), (replacement) => {
        if (replacement === undefined) return undefined;
        return andThen(
          syncCommit(() => openThread.sync()),
          () => afterCommit(thread, replacement),
        );
      }),
    );
  });
}

function afterCommit(thread: string, { version, supersededFiles }: Replacement): MaybePromise<Version> {
  if (supersededFiles.length === 0) return version;
  return andThen(removeSuperseded(pathIn(thread, version), supersededFiles), () => version);
}

async function removeSuperseded(folder: string, names: readonly string[]): Promise<void> {
  await cleanUpAfterCommit(async () => {
    for (const name of names) await removeSegmentFile(pathIn(folder, name));
  });
}

interface Replacement {
  readonly version: Version;
  /** The names of the segment files that can be removed. */
  readonly supersededFiles: readonly string[];
}

/** Returns `undefined` if the race was lost. */
function commit(
  context: WriteContext,
  thread: string,
  expected: ExpectedRecord,
  { change, updatedAt }: ReplacingRecord,
): MaybePromise<Replacement | undefined> {
  let stagedRecord: StagedRecord | undefined;
  return catching<Replacement | undefined>(
    () =>
      andThen(stageRecord(context, expected, change(expected)), (staged) => {
        stagedRecord = staged;
        return andThen(nameNewSegment(context, expected, staged), (segmentFiles) => {
          context.signal.throwIfAborted();
          const version = newVersion(staged, updatedAt);
          return andThen(renameToNew(expected.folder, pathIn(thread, version)), () => {
            rememberStored(context.segments, { version, replaced: expected.version }, staged);
            return { version, supersededFiles: supersededOf(segmentFiles, staged) };
          });
        });
      }),
    (error) => withdrawAfter(error, thread, stagedRecord),
  );
}

/** Makes the name of a new segment durable. Returns the names of all segments that the folder then holds. */
function nameNewSegment(
  { files }: WriteContext,
  { folder }: ExpectedRecord,
  { isNewSegment }: StagedRecord,
): MaybePromise<readonly string[]> {
  if (!isNewSegment) return [];
  return andThen(listSegmentFiles(folder), (names) => andThen(files.syncFolder(folder), () => names));
}

/** Cleans up after a failed commit. Returns `undefined` if the race was lost, and otherwise throws the error. */
async function withdrawAfter(
  cause: unknown,
  thread: string,
  staged: StagedRecord | undefined,
): Promise<undefined> {
  // After EIO the rename may have taken place, and later records may depend on the segment.
  const isWithdrawn = staged?.isNewSegment === true && !hasSystemErrorCode(cause, "EIO");
  if (staged !== undefined && isWithdrawn) await Promise.allSettled([withdraw(thread, staged)]);
  if (!hasSystemErrorCode(cause, "ENOENT")) throw cause;
}

function supersededOf(files: readonly string[], { neededSegments }: StagedRecord): readonly string[] {
  if (files.length === 0) return files;
  const needed = new Set(neededSegments.map((segment) => segmentFileName(segment)));
  return files.filter((name) => !needed.has(name));
}

/**
 * Must run before the rename: all segments listed then were added at the current version or earlier, so no later
 * record needs those that the new record does not. After the rename, other writers add segments that can win.
 */
function listSegmentFiles(folder: string): MaybePromise<string[]> {
  return andThen(readdir(folder), (names) => names.filter((name) => isSegmentFileName(name)));
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
      if (await removeSegmentFile(pathIn(pathIn(thread, version), segmentFileName(segment)))) return;
    // The thread was deleted, or another writer renamed the folder after it was listed.
    if (versions.length === 0) return;
  }
}

/**
 * Resolves with whether the file was removed. A later save removes a file that cannot be removed now, for example because
 * it is open on Windows. A folder in its place stays until the thread is deleted.
 */
async function removeSegmentFile(file: string): Promise<boolean> {
  const remove = async (): Promise<boolean> => {
    await unlink(file);
    return true;
  };
  return (await unlessCode(remove, "ENOENT", "EISDIR", ...NOT_REMOVABLE)) ?? false;
}
