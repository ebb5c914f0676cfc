import type { Version } from "@threadstore/core";
import type { RecordToWrite, StoredRecord } from "@threadstore/core/driver";
import { isRewriting, parseVersion, SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import {
  appendBlock,
  type BlobTarget,
  deleteBlob,
  downloadBlob,
  getState,
  putAppendBlob,
  putShortRecord,
  replaceBlockBlob,
} from "./blobs.ts";
import { changeBlock, decodeBlocks, wholeRecordBlock } from "./blocks.ts";
import { withEffect } from "./errors.ts";
import { hasErrorCode } from "./rest-error.ts";
import { completeRewrite, rewriteRecord } from "./rewrite.ts";

/** The bytes that a blob may hold in addition to twice its record before the next save rewrites it. */
export const WASTE_MAX_BYTES = 262_144;

/** Returns how long a blob with a record of that length may be. */
export function maxBlobBytes(recordLength: number): number {
  return 2 * recordLength + WASTE_MAX_BYTES;
}

/** Reads the record of a blob: in one request, or in two while the blob is being rewritten. */
export async function readRecord(
  target: BlobTarget,
  cachedVersion?: Version,
): Promise<StoredRecord | undefined> {
  const decoded = await readDecodedRecord(target, cachedVersion);
  return decoded && { version: decoded.version, bytes: decoded.bytes };
}

export interface DecodedRecord extends StoredRecord {
  /** Whether the bytes are a record, and not the content of a blob whose blocks are corrupt. */
  readonly isIntact: boolean;
}

export async function readDecodedRecord(
  target: BlobTarget,
  cachedVersion?: Version,
): Promise<DecodedRecord | undefined> {
  const unchanged = { version: cachedVersion ?? "", bytes: undefined, isIntact: true };
  for (let previousEtag: string | undefined; ;) {
    const downloaded = await downloadBlob(target, { cachedVersion });
    if (downloaded === "unchanged") return unchanged;
    if (downloaded === undefined || downloaded.state.kind === "reserved") return undefined;
    const { state, blockCount: reportedBlocks } = downloaded;
    if (state.version === cachedVersion) return unchanged;
    const isInSnapshot = state.kind === "rewriting";
    const content = isInSnapshot ? await readSnapshot(target, state.snapshot) : downloaded.bytes;
    const { record, blockCount, isIntact } = decodeBlocks(content ?? Buffer.alloc(0));
    // The responses may be from two moments: the rewrite was completed before the snapshot was requested, or (in
    // Azurite) the headers are newer than the content. If a second attempt finds the same ETag, the content is
    // as it is stored, corrupt or not.
    const isConsistent = isInSnapshot ? content !== undefined : (reportedBlocks ?? blockCount) === blockCount;
    if (isConsistent || previousEtag === state.etag) {
      // A block blob holds nothing but a record.
      const isBlockBlob = parseVersion(state.version).length === undefined;
      const bytes = (state.kind === "complete" ? state.record : undefined) ?? record;
      return { version: state.version, bytes, isIntact: isIntact || isBlockBlob };
    }
    previousEtag = state.etag;
  }
}

async function readSnapshot(target: BlobTarget, snapshot: string): Promise<Buffer | undefined> {
  const downloaded = await downloadBlob(target, { snapshot });
  return typeof downloaded === "object" ? downloaded.bytes : undefined;
}

/** Writes the record if the stored version is `expectedVersion`, and resolves with its version if it did. */
export async function writeRecord(
  target: BlobTarget,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
): Promise<Version | undefined> {
  const { bytes, unchanged } = record;
  if (expectedVersion === undefined) return createRecord(target, bytes);
  const { etag, length } = parseVersion(expectedVersion);
  if (length !== undefined && length > 0 && unchanged > 0 && !isShort(bytes)) {
    const patch = changeBlock(record);
    const appended = await appendPatch(target, patch, { etag, length, recordLength: bytes.length });
    if (appended !== "too-long") return appended.version ?? completeRewrite(target, bytes, expectedVersion);
  }
  return replaceRecord(target, bytes, expectedVersion);
}

export interface PatchedBlob {
  readonly etag: string;
  readonly length: number;
  /** The length of the record after the patch. */
  readonly recordLength: number;
}

/** Appends a block, unless the blob would be longer than a blob with a record of that length may be. */
export async function appendPatch(
  target: BlobTarget,
  patch: Buffer,
  { etag, length, recordLength }: PatchedBlob,
): Promise<{ readonly version: Version | undefined } | "too-long"> {
  if (length + patch.length > maxBlobBytes(recordLength)) return "too-long";
  try {
    return { version: await appendBlock(target, patch, { etag, length }) };
  } catch (error) {
    if (hasErrorCode(error, "BlockCountExceedsLimit")) return "too-long";
    throw error;
  }
}

/** Replaces the whole content of the blob if it holds `expectedVersion`: in one request if no block has to be removed. */
export async function replaceRecord(
  target: BlobTarget,
  bytes: Uint8Array,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const { etag, length } = parseVersion(expectedVersion);
  // A block blob, as restoring a backup may create it, stays one.
  if (length === undefined) return replaceBlockBlob(target, bytes, etag);
  if (length > 0 && !isShort(bytes)) return rewriteRecord(target, bytes, expectedVersion);
  const version = isShort(bytes)
    ? await putShortRecord(target, bytes, { ifMatch: etag })
    : await appendBlock(target, wholeRecordBlock(bytes), { etag, length: 0 });
  return version ?? completeRewrite(target, bytes, expectedVersion);
}

function isShort({ length }: Uint8Array): boolean {
  return length <= SHORT_RECORD_MAX_BYTES;
}

/**
 * Creates a blob with the record. Append blobs can only be created empty: the metadata contains a short record, and a
 * longer one is appended. An empty blob without a record does not count as a thread, so the append is then the commit
 * point. If the process is killed before it, the next create of the thread uses the empty blob.
 */
async function createRecord(target: BlobTarget, bytes: Uint8Array): Promise<Version | undefined> {
  if (!isShort(bytes)) {
    const etag = await withEffect("none", () => reserveBlob(target));
    return etag && appendBlock(target, wholeRecordBlock(bytes), { etag, length: 0 });
  }
  const created = await putShortRecord(target, bytes, { ifNoneMatch: "*" });
  if (created !== undefined) return created;
  const etag = await withEffect("none", () => reservedEtag(target));
  return etag && putShortRecord(target, bytes, { ifMatch: etag });
}

/** Resolves with the ETag of an empty append blob; `undefined` if the blob already holds a record. */
async function reserveBlob(target: BlobTarget): Promise<string | undefined> {
  return (await putAppendBlob(target, {}, { ifNoneMatch: "*" })) ?? reservedEtag(target);
}

async function reservedEtag(target: BlobTarget): Promise<string | undefined> {
  const state = await getState(target);
  return state?.kind === "reserved" ? state.etag : undefined;
}

/** Deletes the blob if it holds `expectedVersion`, and resolves with whether it did. */
export async function deleteRecord(target: BlobTarget, expectedVersion: Version): Promise<boolean> {
  if (await deleteBlob(target, parseVersion(expectedVersion).etag)) return true;
  const state = await withEffect("none", () => getState(target));
  return isRewriting(state, expectedVersion) && deleteBlob(target, state.etag);
}
