import type { Version } from "@threadstore/core";
import {
  hasTailContext,
  patchedRecord,
  readWholeTrailer,
  type RecordPatch,
  type RecordTail,
} from "@threadstore/core/driver";
import { isRewriting, parseVersion } from "./blob-state.ts";
import { type BlobTarget, downloadTail, getState } from "./blobs.ts";
import { decodeBlocks, lastBlockIn, patchBlock } from "./blocks.ts";
import { withEffect } from "./errors.ts";
import { appendPatch, readDecodedRecord, readRecord, replaceRecord } from "./records.ts";
import { completeRewrite } from "./rewrite.ts";

/** More than the header of a block and the bytes before the trailer that an append needs. */
const EXTRA_BYTES = 1024;

/**
 * Reads the end of a record in two requests: Azure does not read the end of a blob whose length is unknown. The first
 * one returns a record that the metadata contains. Reads the whole record if it or its last block is short, or if it is
 * being rewritten.
 */
export async function readRecordTail(target: BlobTarget): Promise<RecordTail | undefined> {
  for (;;) {
    const state = await getState(target);
    if (state === undefined || state.kind === "reserved") return undefined;
    if (state.kind === "complete" && state.record !== undefined) {
      return { version: state.version, tail: state.record, record: state.record };
    }
    const { length } = parseVersion(state.version);
    if (state.kind === "rewriting" || length === undefined) return readWhole(target);
    const tail = await downloadEnd(target, { etag: state.etag, length });
    if (tail === "changed") continue;
    return tail !== undefined && hasTailContext(tail) ? { version: state.version, tail } : readWhole(target);
  }
}

/**
 * Downloads the end of the record of an append blob that has that ETag and length. Resolves with `undefined` if its last
 * block cannot be found.
 */
async function downloadEnd(
  target: BlobTarget,
  blob: { readonly etag: string; readonly length: number },
): Promise<Buffer | "changed" | undefined> {
  let isComplete = true;
  const end = await readWholeTrailer(
    async (count) => {
      const bytes = await downloadTail(target, blob, count + EXTRA_BYTES);
      // In Azurite, the headers may be newer than the content.
      isComplete = bytes?.length === Math.min(blob.length, count + EXTRA_BYTES);
      return bytes;
    },
    (bytes) => bytes,
  );
  if (end === undefined || !isComplete) return "changed";
  return end.length === blob.length ? decodeBlocks(end).record : lastBlockIn(end);
}

async function readWhole(target: BlobTarget): Promise<RecordTail | undefined> {
  const stored = await readRecord(target);
  if (stored === undefined) return undefined;
  const { version, bytes: record = new Uint8Array() } = stored;
  return { version, tail: record, record };
}

/** Replaces the end of the record if the stored version is `expectedVersion`: appends a block, if it is worth it. */
export async function patchRecord(
  target: BlobTarget,
  patch: RecordPatch,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const { etag, length } = parseVersion(expectedVersion);
  if (length !== undefined && length > 0) {
    const recordLength = patch.keep + patch.bytes.length;
    const block = patchBlock(patch.keep, patch.bytes);
    const appended = await appendPatch(target, block, { etag, length, recordLength });
    if (appended !== "too-long") return appended.version ?? patchRewritten(target, patch, expectedVersion);
  }
  const record = await withEffect("none", () => wholeRecord(target, patch, expectedVersion));
  return record && replaceRecord(target, record, expectedVersion);
}

/** Completes a rewrite of `expectedVersion` that another process has started. */
async function patchRewritten(
  target: BlobTarget,
  patch: RecordPatch,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const record = await withEffect("none", async () => {
    const isStarted = isRewriting(await getState(target), expectedVersion);
    return isStarted ? wholeRecord(target, patch, expectedVersion) : undefined;
  });
  return record && completeRewrite(target, record, expectedVersion);
}

/** Resolves with the record after the patch; `undefined` if another version is stored. */
async function wholeRecord(
  target: BlobTarget,
  patch: RecordPatch,
  expectedVersion: Version,
): Promise<Uint8Array | undefined> {
  if (patch.replaced !== undefined) return patchedRecord(patch.replaced, patch);
  const stored = await readDecodedRecord(target);
  if (stored?.version !== expectedVersion) return undefined;
  const { bytes = new Uint8Array(), isIntact } = stored;
  // Nothing can be kept of content that does not consist of blocks.
  return patchedRecord(isIntact ? bytes : new Uint8Array(), patch);
}
