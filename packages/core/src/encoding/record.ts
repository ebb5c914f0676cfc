import { ByteBuffer, crc32 } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import type { RecordToWrite, ThreadKey } from "../thread-driver.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import { type Checksum, checksum, checksumText, crcOf } from "./checksum.ts";
import { commonPrefixLength } from "./common-prefix.ts";
import { RecordBytes } from "./record-bytes.ts";
import {
  type Corruption,
  findTrailer,
  type LocatedTrailer,
  sealTrailer,
  type Trailer,
  trailerText,
} from "./trailer.ts";

/** A complete record in memory. */
export interface ThreadRecord {
  readonly bytes: RecordBytes;
  readonly trailer: Trailer;
  /** The checksum of the bytes before the trailer. */
  readonly checksum: Checksum;
}

const PREFIX = '{"thread":';
export const PREFIX_LENGTH: number = PREFIX.length;
/** A placeholder of the same length as a checksum that is not yet known. */
const NO_CRC = "00000000";
const NO_CRC_END = `${NO_CRC}"`;

/** The JSON of a thread, relative to the JSON of the thread that it replaces. */
export interface IncrementalJson {
  /** The number of leading bytes that are identical in the replaced thread. */
  readonly unchanged: number;
  /** The bytes after them. */
  readonly added: Bytes;
  /** The complete text, if it is available. */
  readonly text?: string | undefined;
}

/** Returns a range of the thread's JSON, by default all of it. Valid until the next call. */
export function threadBytes(record: ThreadRecord, from = 0, to: number = record.trailer.size): Bytes {
  return record.bytes.slice(PREFIX.length + from, PREFIX.length + to);
}

/** Threads that were not appended to usually differ near their beginning. */
const FIRST_COMPARISON_BYTES = 4096;

/** Returns the number of leading bytes of `bytes` that are identical in the thread of `record` from `from` on. */
export function commonThreadPrefix(bytes: Bytes, record: ThreadRecord, from: number): number {
  const to = Math.min(from + FIRST_COMPARISON_BYTES, record.trailer.size);
  const length = commonPrefixLength(bytes, threadBytes(record, from, to));
  return length < to - from ? length : commonPrefixLength(bytes, threadBytes(record, from));
}

/**
 * Encodes the record of a thread: its JSON byte for byte, followed by the trailer, so that a growing conversation has
 * a long prefix in common with `replaced`, the record that it replaces and that `json` is relative to. Backends do not
 * index the members `unindexed` of the metadata.
 */
export function encodeRecord(
  json: IncrementalJson,
  details: Omit<Trailer, "size" | "crc32">,
  replaced: ThreadRecord | undefined,
  unindexed: readonly string[] = [],
): { record: ThreadRecord; toWrite: RecordToWrite } {
  const size = json.unchanged + json.added.length;
  const start = PREFIX.length + size;
  const unsummed = trailerText({ ...details, size, crc32: NO_CRC });
  const trailerLength = ByteBuffer.byteLength(sealTrailer(unsummed, NO_CRC));
  const common = replaced === undefined ? 0 : commonThreadPrefix(json.added, replaced, json.unchanged);
  const unchanged = replaced === undefined ? 0 : PREFIX.length + json.unchanged + common;
  const text = json.text === undefined ? undefined : [PREFIX, json.text];
  const { bytes, whole } = RecordBytes.replacing(replaced?.bytes, unchanged, start + trailerLength, text);
  if (replaced === undefined) whole.write(PREFIX);
  json.added.copy(whole, PREFIX.length + json.unchanged + common, common);
  const sum = checksum(whole.subarray(0, start), replaced?.checksum, unchanged);
  const trailer: Trailer = { ...details, size, crc32: checksumText(sum.value) };
  const summed = `${unsummed.slice(0, -NO_CRC_END.length)}${trailer.crc32}"`;
  whole.write(sealTrailer(summed, checksumText(crc32(summed))), start);
  const { nonce, expiresAt, updatedAt, metadata } = details;
  return {
    record: { bytes, trailer, checksum: sum },
    toWrite: {
      // Not a Buffer, because `Buffer.slice` does not copy: drivers that keep the bytes must.
      bytes: new Uint8Array(whole.buffer, whole.byteOffset, whole.length),
      unchanged,
      trailerLength,
      nonce,
      expiresAt,
      updatedAt,
      changedMetadata: changedMetadata(metadata, replaced?.trailer.metadata, unindexed),
    },
  };
}

/** Returns the metadata to index; `undefined` if they are those that are replaced. */
export function changedMetadata(
  metadata: ThreadMetadata,
  replaced: ThreadMetadata | undefined,
  unindexed: readonly string[],
): ThreadMetadata | undefined {
  if (metadata === replaced) return undefined;
  const indexed = without(metadata, unindexed);
  const isEqual =
    replaced !== undefined && JSON.stringify(indexed) === JSON.stringify(without(replaced, unindexed));
  return isEqual ? undefined : indexed;
}

function without(metadata: ThreadMetadata, names: readonly string[]): ThreadMetadata {
  if (names.length === 0) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !names.includes(name)));
}

/** Returns the bytes of a trailer whose checksum of the thread is known. */
export function trailerBytes(trailer: Trailer): Bytes {
  const text = trailerText(trailer);
  return ByteBuffer.from(sealTrailer(text, checksumText(crc32(text))));
}

/** Releases the buffer of a record once the backend has stored it and no request still sends it. */
export function releaseRecordBuffer({ bytes }: ThreadRecord): void {
  bytes.releaseBuffer();
}

/** Returns the thread's JSON as text. */
export function threadText(record: ThreadRecord): string {
  return record.bytes.text?.at(-1) ?? threadBytes(record).toString("utf8");
}

/** Decodes and verifies the complete record that is stored at `key`, and that was written with `nonce`, if known. */
export function decodeRecord(key: ThreadKey, stored: Uint8Array, nonce?: string): ThreadRecord | Corruption {
  const bytes = ByteBuffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const tail = decodeTail(key, bytes, nonce);
  if ("corruption" in tail) return tail;
  const { trailer, start } = tail;
  if (start !== PREFIX.length + trailer.size || bytes.toString("latin1", 0, PREFIX.length) !== PREFIX) {
    return { corruption: "its beginning is missing or overwritten" };
  }
  const sum = checksum(bytes.subarray(0, start));
  if (checksumText(sum.value) !== trailer.crc32) {
    return { corruption: "the checksum of its thread does not match" };
  }
  return { bytes: RecordBytes.of(bytes), trailer, checksum: sum };
}

/**
 * Decodes the trailer in `tail`, the last bytes of the record at `key` that was written with `nonce`, if known, and
 * verifies what `tail` contains.
 */
export function decodeTail(key: ThreadKey, tail: Uint8Array, nonce?: string): LocatedTrailer | Corruption {
  const located = findTrailer(ByteBuffer.from(tail.buffer, tail.byteOffset, tail.byteLength), crcOf);
  if ("corruption" in located) return located;
  const { namespace, id } = located.trailer;
  if (namespace !== key.namespace || id !== key.id) return { corruption: "it belongs to another thread" };
  if (nonce !== undefined && nonce !== located.trailer.nonce) {
    return { corruption: "it belongs to another version of the thread" };
  }
  return located;
}
