import { readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ThreadKey, Version } from "@threadstore/core";
import { listVersions } from "./current.ts";
import { afterDecision, lastingDecision } from "./explain.ts";
import { isRecordName, isVersion, newVersion, recordName, threadFolder } from "./layout.ts";
import type { Place } from "./place.ts";
import { hasCode, unlessCode } from "./system-error.ts";

/** Puts the new record beside the current one and renames the folder that holds both to the new version. */
export async function replace(
  place: Place,
  key: ThreadKey,
  bytes: Uint8Array,
  expected: Version,
): Promise<Version | undefined> {
  if (!isVersion(expected)) return undefined;
  const thread = threadFolder(place.layout, key);
  await using names = await unlessCode(place.disk.openFolder(thread), "ENOENT");
  if (names === undefined) return undefined;
  const version = newVersion();
  const superseded = await renameFrom(place, thread, { version, expected, bytes });
  if (superseded === undefined) return undefined;
  await lastingDecision(() => names.sync());
  await afterDecision(async () => {
    for (const record of superseded) await removeRecord(join(thread, version, record));
  });
  return version;
}

interface Replacement {
  readonly version: Version;
  readonly expected: Version;
  readonly bytes: Uint8Array;
}

/** Resolves to the names of the records that can go now; to `undefined` when the race was lost. */
async function renameFrom(
  { disk, signal }: Place,
  thread: string,
  { version, expected, bytes }: Replacement,
): Promise<string[] | undefined> {
  const from = join(thread, expected);
  try {
    await disk.writeNew(join(from, recordName(version)), bytes);
    // Listed before the rename: what is there now was put beside `expected` or earlier, and can never win.
    // After the rename, others put records beside this version that can.
    const records = (await readdir(from)).filter((name) => isRecordName(name));
    await disk.sync(from);
    signal.throwIfAborted();
    await rename(from, join(thread, version));
    return records.filter((name) => name !== recordName(version));
  } catch (error) {
    await Promise.allSettled([withdraw(thread, version)]);
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Removes a candidate that did not become current, from whichever folder it is in by now. */
async function withdraw(thread: string, candidate: Version): Promise<void> {
  for (const version of (await listVersions(thread)) ?? []) {
    // Should a rename that reported a failure have taken place, then this is the current record.
    if (version !== candidate) await removeRecord(join(thread, version, recordName(candidate)));
  }
}

/** What cannot be removed now, because somebody has it open on Windows, goes with the next save. */
async function removeRecord(file: string): Promise<void> {
  await unlessCode(unlink(file), "ENOENT", "EBUSY", "EPERM", "EACCES");
}
