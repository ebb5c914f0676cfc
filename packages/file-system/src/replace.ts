import { join } from "node:path";
import type { RecordToWrite, ThreadKey, Version } from "@threadstore/core";
import { listVersions } from "./current.ts";
import { afterDecision, lastingDecision } from "./explain.ts";
import { isSegmentName, segmentName, threadFolder } from "./layout.ts";
import type { Place } from "./place.ts";
import { renameToNew } from "./rename.ts";
import { type Candidate, type CurrentRecord, remember, writeCandidate } from "./segments.ts";
import { readdir, unlink } from "./system-calls.ts";
import { hasCode, unlessCode } from "./system-error.ts";
import { locationOf, newVersion } from "./version.ts";

/** Writes the new record beside the current one and renames the folder that holds both to the new version. */
export async function replace(
  place: Place,
  key: ThreadKey,
  record: RecordToWrite,
  expected: Version,
): Promise<Version | undefined> {
  const from = locationOf(expected);
  if (from === undefined) return undefined;
  const thread = threadFolder(place.layout, key);
  await using names = await unlessCode(place.disk.openFolder(thread), "ENOENT");
  if (names === undefined) return undefined;
  const replaced = await renameFrom(
    place,
    thread,
    { folder: join(thread, expected), version: expected, from },
    record,
  );
  if (replaced === undefined) return undefined;
  await lastingDecision(() => names.sync());
  const { version, superseded } = replaced;
  await afterDecision(async () => {
    for (const segment of superseded) await removeSegment(join(thread, version, segment));
  });
  return version;
}

interface Replaced {
  readonly version: Version;
  /** Names of the segments' files that can go now. */
  readonly superseded: readonly string[];
}

/** Resolves to `undefined` when the race was lost. */
async function renameFrom(
  place: Place,
  thread: string,
  expected: CurrentRecord,
  record: RecordToWrite,
): Promise<Replaced | undefined> {
  const { folder } = expected;
  let candidate: Candidate | undefined;
  try {
    candidate = await writeCandidate(place, expected, record);
    const present = candidate.isNew ? await listSegments(folder) : [];
    if (candidate.isNew) await place.disk.sync(folder);
    place.signal.throwIfAborted();
    const version = newVersion(candidate);
    await renameToNew(folder, join(thread, version));
    remember(place.segments, version, candidate);
    const needed = new Set(candidate.needed.map((segment) => segmentName(segment)));
    return { version, superseded: present.filter((name) => !needed.has(name)) };
  } catch (error) {
    // After EIO the rename may have taken place, and later records may build on the segment.
    const isRefused = candidate?.isNew === true && !hasCode(error, "EIO");
    if (candidate !== undefined && isRefused) await Promise.allSettled([withdraw(thread, candidate)]);
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * To be called before the rename: what is there now was put beside the current version or earlier, and what of it
 * the new record does not need, no later one will. After the rename, others put segments there that can win.
 */
async function listSegments(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => isSegmentName(name));
}

/** Removes a segment that did not become a part of the record, from whichever folder it is in by now. */
async function withdraw(thread: string, { segment }: Candidate): Promise<void> {
  for (const version of (await listVersions(thread)) ?? []) {
    // Should a rename that reported a failure have taken place, then the record needs it.
    if (locationOf(version)?.segment !== segment) {
      await removeSegment(join(thread, version, segmentName(segment)));
    }
  }
}

/** What cannot be removed now, because somebody has it open on Windows, goes with a later save. */
async function removeSegment(file: string): Promise<void> {
  await unlessCode(unlink(file), "ENOENT", "EBUSY", "EPERM", "EACCES");
}
