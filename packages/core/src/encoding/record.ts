import type { RecordToWrite, ThreadKey } from "../thread-driver.ts";
import { type Checksum, checksum, checksumText } from "./checksum.ts";
import { commonPrefixLength } from "./common-prefix.ts";
import { RecordBytes } from "./record-bytes.ts";
import { type FoundTrailer, findTrailer, sealTrailer, type Trailer, trailerText } from "./trailer.ts";

/** A whole record in memory. */
export interface ThreadRecord {
  readonly bytes: RecordBytes;
  readonly trailer: Trailer;
  /** Of the bytes before the trailer. */
  readonly checksum: Checksum;
}

const PREFIX = '{"thread":';
// Stands in for the checksums, which have this length, until they are known.
const NO_CRC = "00000000";
const END_OF_CRC = `${NO_CRC}"`;

/** The JSON of a thread, as far as it is not that of a thread before it. */
export interface GrownJson {
  /** How many of its first bytes are those of the thread before. */
  readonly kept: number;
  /** The bytes behind those. */
  readonly rest: Buffer;
  /** All of it, where it is at hand. */
  readonly text?: string | undefined;
}

/** Some of the thread's JSON, all of it by default. Valid until another is asked for: not to be kept. */
export function threadBytes(record: ThreadRecord, from = 0, to: number = record.trailer.size): Buffer {
  return record.bytes.slice(PREFIX.length + from, PREFIX.length + to);
}

/** What was not added to differs near its beginning, most often. */
const BEGINNING_BYTES = 4096;

/** How many of the first of `bytes` the thread's JSON has, too, from `from` on. */
export function equalLength(bytes: Buffer, record: ThreadRecord, from: number): number {
  const to = Math.min(from + BEGINNING_BYTES, record.trailer.size);
  const equal = commonPrefixLength(bytes, threadBytes(record, from, to));
  return equal < to - from ? equal : commonPrefixLength(bytes, threadBytes(record, from));
}

/**
 * The record of a thread: its JSON to the byte, and the trailer behind it, so that a conversation that grew
 * shares its long beginning with `base`, the record it replaces, which is also where `json` has what it kept.
 */
export function encodeRecord(
  json: GrownJson,
  details: Omit<Trailer, "size" | "crc32">,
  base: ThreadRecord | undefined,
): { record: ThreadRecord; toWrite: RecordToWrite } {
  const size = json.kept + json.rest.length;
  const start = PREFIX.length + size;
  const unsummed = trailerText({ ...details, size, crc32: NO_CRC });
  const room = Buffer.byteLength(sealTrailer(unsummed, NO_CRC));
  const equal = base === undefined ? 0 : equalLength(json.rest, base, json.kept);
  const unchanged = base === undefined ? 0 : PREFIX.length + json.kept + equal;
  const asText = json.text === undefined ? undefined : [PREFIX, json.text];
  const { bytes, whole } = RecordBytes.following(base?.bytes, unchanged, start + room, asText);
  if (base === undefined) whole.write(PREFIX, "latin1");
  json.rest.copy(whole, PREFIX.length + json.kept + equal, equal);
  const sum = checksum(whole.subarray(0, start), base?.checksum, unchanged);
  const trailer: Trailer = { ...details, size, crc32: checksumText(sum.value) };
  const text = `${unsummed.slice(0, -END_OF_CRC.length)}${trailer.crc32}"`;
  whole.write(sealTrailer(text, crcOf(Buffer.from(text))), start, "utf8");
  const { nonce, expiresAt } = details;
  return {
    record: { bytes, trailer, checksum: sum },
    // Not as a Buffer, whose slice is no copy: who keeps bytes has to make one.
    toWrite: {
      bytes: new Uint8Array(whole.buffer, whole.byteOffset, whole.length),
      unchanged,
      trailerLength: room,
      nonce,
      expiresAt,
    },
  };
}

/** To be called once a backend has the record and nobody sends it any more: the memory for that can serve others. */
export function recordIsStored({ bytes }: ThreadRecord): void {
  bytes.keepText();
}

/** The thread's JSON as text. */
export function threadText(record: ThreadRecord): string {
  return record.bytes.text?.at(-1) ?? threadBytes(record).toString("utf8");
}

/** Reads and checks a whole record that was found at `key`; says what is wrong with it otherwise. */
export function decodeRecord(key: ThreadKey, found: Uint8Array): ThreadRecord | { readonly damage: string } {
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  const tail = decodeTail(key, bytes);
  if ("damage" in tail) return tail;
  const { trailer, start } = tail;
  if (start !== PREFIX.length + trailer.size || bytes.toString("latin1", 0, PREFIX.length) !== PREFIX) {
    return { damage: "its beginning is missing or overwritten" };
  }
  const sum = checksum(bytes.subarray(0, start));
  if (checksumText(sum.value) !== trailer.crc32)
    return { damage: "the checksum of its thread does not match" };
  return { bytes: RecordBytes.of(bytes), trailer, checksum: sum };
}

/** The trailer in the last bytes of a record that was found at `key`, checked as far as they go. */
export function decodeTail(key: ThreadKey, tail: Uint8Array): FoundTrailer {
  const found = findTrailer(Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength), crcOf);
  if ("damage" in found) return found;
  const { namespace, id } = found.trailer;
  if (namespace !== key.namespace || id !== key.id) return { damage: "it is the record of another thread" };
  return found;
}

function crcOf(bytes: Uint8Array): string {
  return checksumText(checksum(bytes).value);
}
