import type { Version } from "@threadstore/core";
import {
  hasTailContext,
  type MaybePromise,
  patchedRecord,
  readWholeTrailer,
  type RecordPatch,
  type RecordTail,
  TAIL_CONTEXT_BYTES,
  type ThreadKey,
} from "@threadstore/core/driver";
import { replaceRecord } from "./commit/replace-record.ts";
import type { WriteContext } from "./commit/write-context.ts";
import { readCurrentVersion } from "./current-version.ts";
import { corruptRecord } from "./errors.ts";
import { threadFolder } from "./keys.ts";
import { type Layout, pathIn } from "./layout.ts";
import { readContent, readIntactContent, readTail } from "./segments/segment-reader.ts";
import type { ExpectedRecord } from "./segments/segment-writer.ts";
import { lstat } from "./system/synchronous-io.ts";
import { unlessCode } from "./system/system-error.ts";

/** Reads the end of a record: that of its last frame, or the whole record if that is short. */
export async function readRecordTail(
  layout: Layout,
  key: ThreadKey,
  signal: AbortSignal,
): Promise<RecordTail | undefined> {
  const thread = threadFolder(layout, key);
  const current = await readCurrentVersion(thread, signal, async (version, location) => {
    const folder = pathIn(thread, version);
    const tail = await readWholeTrailer(
      (length) => readTail(folder, location, length + TAIL_CONTEXT_BYTES),
      (bytes) => bytes,
    );
    if (hasTailContext(tail)) return { tail };
    const record = await readContent(folder, location);
    return { tail: record, record };
  });
  if (current === undefined) return undefined;
  const { version, content = { tail: new Uint8Array() } } = current;
  return { version, ...content };
}

/** Replaces the end of a record if the current version is `expectedVersion`. Returns `undefined` if it is not. */
export function patchRecord(
  context: WriteContext,
  key: ThreadKey,
  patch: RecordPatch,
  expectedVersion: Version,
): MaybePromise<Version | undefined> {
  const { keep, bytes, replaced, updatedAt } = patch;
  return replaceRecord(
    context,
    key,
    {
      updatedAt,
      change: (expected) => ({
        length: keep + bytes.length,
        prefixLength: keep,
        added: bytes,
        whole: async () => patchedRecord(replaced ?? (await readReplaced(expected)), patch),
      }),
    },
    expectedVersion,
  );
}

async function readReplaced({ folder, location }: ExpectedRecord): Promise<Uint8Array> {
  const record = await unlessCode(() => readIntactContent(folder, location), "ENOENT");
  if (record !== undefined) return record;
  // Another writer has renamed the folder, or the record is corrupt.
  await lstat(folder);
  throw corruptRecord();
}
