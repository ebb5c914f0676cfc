import { ByteBuffer, crc32 } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import { type RecordPatch, type RecordTail, TAIL_CONTEXT_BYTES, type ThreadKey } from "../thread-driver.ts";
import { type ArrayEnd, insertion } from "./array-end.ts";
import { checksumText } from "./checksum.ts";
import { changedMetadata, decodeRecord, decodeTail, PREFIX_LENGTH, trailerBytes } from "./record.ts";
import { rewindCrc32 } from "./rewind-crc32.ts";
import type { Corruption, Trailer } from "./trailer.ts";

/** The end of a record: its trailer, and the bytes before it. */
export interface RecordEnd {
  readonly trailer: Trailer;
  /** The last bytes of the record before the trailer. */
  readonly content: Bytes;
  /** The complete record, if the driver read it. */
  readonly record: Uint8Array | undefined;
}

/** Decodes the end of the record that is stored at `key`. Verifies the trailer, but not the bytes before it. */
export function decodeEnd(
  key: ThreadKey,
  { tail, nonce, record }: Omit<RecordTail, "version">,
): RecordEnd | Corruption {
  const located = decodeTail(key, tail, nonce);
  if ("corruption" in located) return located;
  const { trailer, start } = located;
  const contentLength = PREFIX_LENGTH + trailer.size;
  if (record === undefined ? start > contentLength : start !== contentLength) {
    return { corruption: "its beginning is missing or overwritten" };
  }
  return { trailer, content: ByteBuffer.from(tail.buffer, tail.byteOffset, start), record };
}

/** Decodes and verifies a complete record. */
export function decodeWhole(
  key: ThreadKey,
  record: Uint8Array,
  nonce: string | undefined,
): RecordEnd | Corruption {
  const decoded = decodeRecord(key, record, nonce);
  return "corruption" in decoded ? decoded : decodeEnd(key, { tail: record, nonce, record });
}

export type NewDetails = Omit<Trailer, "size" | "crc32">;

/** The end of a record that replaces that of the stored one. */
export interface PatchedEnd {
  readonly patch: RecordPatch;
  readonly trailer: Trailer;
}

/** Adds elements to the array at the end of the thread. Their checksum continues that of the bytes that stay. */
export function appendingPatch(
  end: RecordEnd,
  arrayEnd: ArrayEnd,
  elements: string,
  details: NewDetails,
  unindexed: readonly string[],
): PatchedEnd {
  const position = end.content.length - arrayEnd.closingLength;
  const closing = end.content.subarray(position);
  const inserted = ByteBuffer.from(insertion(arrayEnd, elements));
  const added = ByteBuffer.concat([inserted, closing]);
  const crc = crc32(added, rewindCrc32(Number.parseInt(end.trailer.crc32, 16), closing));
  const trailer = { ...details, size: end.trailer.size + inserted.length, crc32: checksumText(crc) };
  return { patch: patchOf(end, position, added, trailer, unindexed), trailer };
}

/** Replaces only the trailer. */
export function touchingPatch(end: RecordEnd, details: NewDetails, unindexed: readonly string[]): PatchedEnd {
  const { size, crc32: crc } = end.trailer;
  const trailer = { ...details, size, crc32: crc };
  return { patch: patchOf(end, end.content.length, ByteBuffer.alloc(0), trailer, unindexed), trailer };
}

/**
 * Returns the patch that replaces what follows `position`. It repeats some of the bytes before that, so that the end of
 * the record stays readable in one piece if the driver stores patches separately.
 */
function patchOf(
  { content, trailer: replaced, record }: RecordEnd,
  position: number,
  added: Bytes,
  trailer: Trailer,
  unindexed: readonly string[],
): RecordPatch {
  const start = Math.max(0, position - Math.max(0, TAIL_CONTEXT_BYTES - added.length));
  const trailing = trailerBytes(trailer);
  const { nonce, expiresAt, updatedAt, metadata } = trailer;
  return {
    keep: PREFIX_LENGTH + replaced.size - (content.length - start),
    bytes: new Uint8Array(ByteBuffer.concat([content.subarray(start, position), added, trailing])),
    trailerLength: trailing.length,
    nonce,
    expiresAt,
    updatedAt,
    changedMetadata: changedMetadata(metadata, replaced.metadata, unindexed),
    replaced: record,
  };
}
