import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import { TRAILER_MAX_BYTES } from "../thread-driver.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import { type AppendKeys, isAppendKeys } from "./append-keys.ts";
import { formatTime, parseTime } from "./iso-time.ts";

/** The version of the record format that this package writes. */
export const RECORD_FORMAT = 1;

/** The data of a record that follows the thread. Times are milliseconds since the epoch. */
export interface Trailer {
  readonly namespace: string;
  readonly id: string;
  readonly nonce: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  /** Whether a save named the expiry (or none), so that the store's `ttlMs` does not replace it. */
  readonly hasFixedExpiry: boolean;
  readonly metadata: ThreadMetadata;
  readonly appendKeys: AppendKeys;
  /** The length of the thread's JSON in bytes. */
  readonly size: number;
  /** CRC-32 of all bytes before the trailer, as eight hexadecimal digits. */
  readonly crc32: string;
}

/** A reason why a record cannot be used, as a clause for the message of a `CORRUPT` error. */
export interface Corruption {
  readonly corruption: string;
}

/** A trailer and its offset in the bytes that were searched. */
export interface LocatedTrailer {
  readonly trailer: Trailer;
  readonly start: number;
}

/**
 * The beginning of a trailer. It cannot occur again within the trailer: quotes in its strings are escaped, and metadata
 * contains no objects.
 */
export const TRAILER_START = ',"threadstore":{';
/** The value of the member `expiry` of a record whose expiry was named by a save. */
const FIXED_EXPIRY = "fixed";
const CHECKSUM_START = ',"trailerCrc32":"';
const CHECKSUM_END = '"}}';
const CRC_LENGTH = 8;
const CHECKSUM_LENGTH = CHECKSUM_START.length + CRC_LENGTH + CHECKSUM_END.length;

/** Returns the text of the trailer without its own checksum, which {@link sealTrailer} appends. */
export function trailerText(trailer: Trailer): string {
  const { namespace, id, nonce, createdAt, updatedAt, expiresAt, hasFixedExpiry } = trailer;
  const { metadata, appendKeys, size, crc32 } = trailer;
  const members = {
    format: RECORD_FORMAT,
    namespace,
    id,
    nonce,
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    ...(expiresAt === undefined ? {} : { expiresAt: formatTime(expiresAt) }),
    ...(hasFixedExpiry ? { expiry: FIXED_EXPIRY } : {}),
    metadata,
    ...(appendKeys === "" ? {} : { appendKeys }),
    size,
    crc32,
  };
  return `,"threadstore":${JSON.stringify(members).slice(0, -1)}`;
}

/** Completes `text`, the result of {@link trailerText}, with its checksum. */
export function sealTrailer(text: string, crc: string): string {
  return `${text}${CHECKSUM_START}${crc}${CHECKSUM_END}`;
}

/** Returns where the trailer starts in `tail`, the last bytes of a record; -1 if it starts before them. */
export function trailerStart(tail: Uint8Array): number {
  return ByteBuffer.from(tail.buffer, tail.byteOffset, tail.byteLength).lastIndexOf(TRAILER_START);
}

/** Finds and verifies the trailer at the end of `tail`, which holds the last bytes of a record, or all of them. */
export function findTrailer(tail: Bytes, crcOf: (bytes: Uint8Array) => string): LocatedTrailer | Corruption {
  if (tail.length === 0) return { corruption: "it is empty" };
  const start = trailerStart(tail);
  if (start < 0 || tail.length - start > TRAILER_MAX_BYTES) return { corruption: "its trailer is missing" };
  const text = tail.toString("utf8", start + TRAILER_START.length - 1);
  const crc = sealedCrc(text);
  if (crc === undefined) return { corruption: "its trailer is truncated or overwritten" };
  const end = tail.length - CHECKSUM_LENGTH;
  if (crcOf(tail.subarray(start, end)) !== crc) {
    return { corruption: "the checksum of its trailer does not match" };
  }
  const trailer = readTrailer(parseMembers(text.slice(0, -1)));
  return typeof trailer === "string" ? { corruption: trailer } : { trailer, start };
}

/** Returns the checksum at the end of the trailer; `undefined` if there is none. */
function sealedCrc(text: string): string | undefined {
  const position = text.length - CHECKSUM_LENGTH;
  if (!text.endsWith(CHECKSUM_END) || !text.startsWith(CHECKSUM_START, position)) return undefined;
  return text.slice(position + CHECKSUM_START.length, -CHECKSUM_END.length);
}

function parseMembers(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // The checksum matches, so another program wrote this. Without members it is reported as an unknown format.
    return {};
  }
}

function readTrailer(members: Record<string, unknown>): Trailer | string {
  const { format, namespace, id, nonce, metadata, appendKeys = "", size, crc32 } = members;
  if (format !== RECORD_FORMAT) {
    return `it has format ${JSON.stringify(format)}, but this version reads format ${RECORD_FORMAT}: upgrade @threadstore/core`;
  }
  const createdAt = readTime(members["createdAt"]);
  const updatedAt = readTime(members["updatedAt"]);
  const expiresAt = members["expiresAt"] === undefined ? undefined : readTime(members["expiresAt"]);
  const hasFixedExpiry = members["expiry"] === FIXED_EXPIRY;
  if (
    typeof namespace !== "string" ||
    typeof id !== "string" ||
    typeof nonce !== "string" ||
    typeof size !== "number" ||
    typeof crc32 !== "string" ||
    !isMetadata(metadata) ||
    !isAppendKeys(appendKeys) ||
    Number.isNaN(createdAt) ||
    Number.isNaN(updatedAt) ||
    (expiresAt !== undefined && Number.isNaN(expiresAt))
  ) {
    return "a member of its trailer is missing or invalid";
  }
  const times = { createdAt, updatedAt, expiresAt, hasFixedExpiry };
  return { namespace, id, nonce, ...times, metadata, appendKeys, size, crc32 };
}

function readTime(text: unknown): number {
  return typeof text === "string" ? parseTime(text) : Number.NaN;
}

function isMetadata(value: unknown): value is ThreadMetadata {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((entry) => typeof entry === "string")
  );
}
