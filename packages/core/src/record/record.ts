import { type Checksum, checksum, checksumText } from "./checksum.ts";
import { commonPrefixLength } from "./common-prefix.ts";
import { type FoundTrailer, findTrailer, sealTrailer, type Trailer, trailerText } from "./trailer.ts";
import type { RecordToWrite, ThreadKey } from "../thread-driver.ts";

/** A whole record in memory. Its bytes are never changed. */
export interface ThreadRecord {
  readonly bytes: Buffer;
  readonly trailer: Trailer;
  /** Of the bytes before the trailer. */
  readonly checksum: Checksum;
}

const PREFIX = '{"thread":';
// Stands in for the checksums, which have this length, until they are known.
const NO_CRC = "00000000";

/** Where the thread's JSON lies in a record. */
export function threadBytes(record: ThreadRecord): Buffer {
  return record.bytes.subarray(PREFIX.length, endOfThread(record));
}

/**
 * The record of a thread: its JSON to the byte, and the trailer behind it, so that a conversation that grew
 * shares its long beginning with `base`, the record it replaces. Written once, into one buffer.
 */
export function encodeRecord(
  json: Buffer,
  details: Omit<Trailer, "size" | "crc32">,
  base: ThreadRecord | undefined,
): { record: ThreadRecord; toWrite: RecordToWrite } {
  const size = json.length;
  const start = PREFIX.length + size;
  const room = Buffer.byteLength(sealTrailer(trailerText({ ...details, size, crc32: NO_CRC }), NO_CRC));
  const bytes = Buffer.allocUnsafeSlow(start + room);
  bytes.write(PREFIX, "latin1");
  json.copy(bytes, PREFIX.length);
  const head = bytes.subarray(0, start);
  const unchanged = base === undefined ? 0 : commonPrefixLength(head, base.bytes, endOfThread(base));
  const sum = checksum(head, base?.checksum, unchanged);
  const trailer: Trailer = { ...details, size, crc32: checksumText(sum.value) };
  const text = trailerText(trailer);
  bytes.write(sealTrailer(text, crcOf(Buffer.from(text))), start, "utf8");
  const { nonce, expiresAt } = details;
  return {
    record: { bytes, trailer, checksum: sum },
    toWrite: { bytes, unchanged, trailerLength: room, nonce, expiresAt },
  };
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
  return { bytes, trailer, checksum: sum };
}

/** The trailer in the last bytes of a record that was found at `key`, checked as far as they go. */
export function decodeTail(key: ThreadKey, tail: Uint8Array): FoundTrailer {
  const found = findTrailer(Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength), crcOf);
  if ("damage" in found) return found;
  const { namespace, id } = found.trailer;
  if (namespace !== key.namespace || id !== key.id) return { damage: "it is the record of another thread" };
  return found;
}

function endOfThread({ trailer }: ThreadRecord): number {
  return PREFIX.length + trailer.size;
}

function crcOf(bytes: Uint8Array): string {
  return checksumText(checksum(bytes).value);
}
