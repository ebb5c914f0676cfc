import type { Version } from "@threadstore/core";
import {
  andThen,
  type MaybePromise,
  type RecordToWrite,
  type StoredRecord,
  TAIL_CONTEXT_BYTES,
  type ThreadKey,
} from "@threadstore/core/driver";
import { createRecord } from "./commit/create-record.ts";
import { replaceRecord, type ReplacingRecord } from "./commit/replace-record.ts";
import type { WriteContext } from "./commit/write-context.ts";
import { readCurrentVersion } from "./current-version.ts";
import { threadFolder } from "./keys.ts";
import { type Layout, pathIn } from "./layout.ts";
import { readContent } from "./segments/segment-reader.ts";
import { lstat } from "./system/synchronous-io.ts";
import type { Location } from "./version.ts";

export { deleteRecord } from "./commit/delete-record.ts";

/** Reads a record; without its bytes if its version is `cachedVersion`. */
export function readRecord(
  layout: Layout,
  key: ThreadKey,
  cachedVersion: Version | undefined,
  signal: AbortSignal,
): MaybePromise<StoredRecord | undefined> {
  const thread = threadFolder(layout, key);
  const reading = readCurrentVersion(thread, signal, (version, location) =>
    readVersion(pathIn(thread, version), version === cachedVersion ? undefined : location),
  );
  return andThen(reading, (current) => {
    if (current === undefined) return undefined;
    const { version, content = { bytes: new Uint8Array() } } = current;
    return { version, bytes: content.bytes };
  });
}

/** Reads the record in a folder; without its bytes if `location` is `undefined`. */
function readVersion(
  folder: string,
  location: Location | undefined,
): MaybePromise<{ readonly bytes: Uint8Array | undefined }> {
  if (location !== undefined) return andThen(readContent(folder, location), (bytes) => ({ bytes }));
  // A listing during a rename may still show the old name.
  return andThen(lstat(folder), () => ({ bytes: undefined }));
}

/** Writes a record if the current version is `expectedVersion`. Returns `undefined` if it is not. */
export function writeRecord(
  context: WriteContext,
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
): MaybePromise<Version | undefined> {
  return expectedVersion === undefined
    ? createRecord(context, key, record)
    : replaceRecord(context, key, replacing(record), expectedVersion);
}

function replacing({ bytes, unchanged, trailerLength, updatedAt }: RecordToWrite): ReplacingRecord {
  // The last frame holds the complete trailer and the bytes before it that an append needs, because listings and appends
  // read only that frame.
  const prefixLength = Math.max(0, Math.min(unchanged, bytes.length - trailerLength - TAIL_CONTEXT_BYTES));
  const added = bytes.subarray(prefixLength);
  const change = { length: bytes.length, prefixLength, added, whole: () => bytes };
  return { updatedAt, change: () => change };
}
