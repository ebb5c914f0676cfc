import { join } from "node:path";
import type { Version } from "@threadstore/core";
import {
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
import type { Layout } from "./layout.ts";
import { readContent } from "./segments/segment-reader.ts";
import { lstat } from "./system/synchronous-io.ts";

export { deleteRecord } from "./commit/delete-record.ts";

/** Reads a record; without its bytes if its version is `cachedVersion`. */
export async function readRecord(
  layout: Layout,
  key: ThreadKey,
  cachedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  const thread = threadFolder(layout, key);
  const current = await readCurrentVersion(thread, signal, async (version, location) => {
    const folder = join(thread, version);
    if (version !== cachedVersion) return { bytes: await readContent(folder, location) };
    // A listing during a rename may still show the old name.
    await lstat(folder);
    return { bytes: undefined };
  });
  if (current === undefined) return undefined;
  const { version, content = { bytes: new Uint8Array() } } = current;
  return { version, bytes: content.bytes };
}

/** Writes a record if the current version is `expectedVersion`. Resolves to `undefined` if it is not. */
export function writeRecord(
  context: WriteContext,
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
): Promise<Version | undefined> {
  return expectedVersion === undefined
    ? createRecord(context, key, record)
    : replaceRecord(context, key, replacing(record), expectedVersion);
}

function replacing({ bytes, unchanged, trailerLength, updatedAt }: RecordToWrite): ReplacingRecord {
  // The last frame holds the complete trailer and the bytes before it that an append needs, because listings and appends
  // read only that frame.
  const prefixLength = Math.max(0, Math.min(unchanged, bytes.length - trailerLength - TAIL_CONTEXT_BYTES));
  const added = bytes.subarray(prefixLength);
  const change = { length: bytes.length, prefixLength, added, whole: () => Promise.resolve(bytes) };
  return { updatedAt, change: () => change };
}
