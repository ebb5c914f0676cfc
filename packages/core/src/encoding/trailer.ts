import { TRAILER_MAX_BYTES } from "../thread-driver.ts";
import type { ThreadMetadata } from "../thread-store.ts";

/** The record format that this version writes. */
export const RECORD_FORMAT = 1;

/** What a record says of its thread, behind the thread itself. Times are milliseconds since the epoch. */
export interface Trailer {
  readonly namespace: string;
  readonly id: string;
  readonly nonce: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  readonly metadata: ThreadMetadata;
  /** Of the thread's JSON, in bytes. */
  readonly size: number;
  /** CRC-32 of everything before the trailer, as eight hexadecimal digits. */
  readonly crc32: string;
}

/** What is found where a trailer should be: it, and where it starts; or what is wrong with it. */
export type FoundTrailer =
  | { readonly trailer: Trailer; readonly start: number }
  | { readonly damage: string };

// Inside a trailer a quote within a string is escaped and metadata has no objects: this occurs once in it.
const START = ',"threadstore":{';
const CHECKSUM = /^(\{.*),"trailerCrc32":"([0-9a-f]{8})"\}\}$/su;

/** The trailer's text up to its own checksum, which {@link sealTrailer} adds. */
export function trailerText(trailer: Trailer): string {
  const { namespace, id, nonce, createdAt, updatedAt, expiresAt, metadata, size, crc32 } = trailer;
  const members = {
    format: RECORD_FORMAT,
    namespace,
    id,
    nonce,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    metadata,
    size,
    crc32,
  };
  return `,"threadstore":${JSON.stringify(members).slice(0, -1)}`;
}

/** `text`, from {@link trailerText}, closed with its checksum: the end of the record. */
export function sealTrailer(text: string, crc: string): string {
  return `${text},"trailerCrc32":"${crc}"}}`;
}

/** Finds and checks the trailer at the end of `tail`, the last bytes of a record or all of them. */
export function findTrailer(tail: Buffer, crcOf: (bytes: Uint8Array) => string): FoundTrailer {
  if (tail.length === 0) return { damage: "it is empty" };
  const start = tail.lastIndexOf(START);
  if (start < 0 || tail.length - start > TRAILER_MAX_BYTES) return { damage: "its end is missing" };
  const match = CHECKSUM.exec(tail.toString("utf8", start + START.length - 1));
  if (match === null) return { damage: "its end is cut off or overwritten" };
  const [, members = "", crc = ""] = match;
  if (crcOf(tail.subarray(start, start + START.length - 1 + Buffer.byteLength(members))) !== crc) {
    return { damage: "the checksum of its trailer does not match" };
  }
  const trailer = readTrailer(parseMembers(`${members}}`));
  return typeof trailer === "string" ? { damage: trailer } : { trailer, start };
}

function parseMembers(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // The checksum matched, so somebody wrote this who is not us: no member is what it should be.
    return {};
  }
}

function readTrailer(members: Record<string, unknown>): Trailer | string {
  const { format, namespace, id, nonce, metadata, size, crc32 } = members;
  if (format !== RECORD_FORMAT) {
    return `it has format ${JSON.stringify(format)} and this version reads format ${RECORD_FORMAT}: upgrade @threadstore/core`;
  }
  const createdAt = time(members["createdAt"]);
  const updatedAt = time(members["updatedAt"]);
  const expiresAt = members["expiresAt"] === undefined ? undefined : time(members["expiresAt"]);
  if (
    typeof namespace !== "string" ||
    typeof id !== "string" ||
    typeof nonce !== "string" ||
    typeof size !== "number" ||
    typeof crc32 !== "string" ||
    !isMetadata(metadata) ||
    [createdAt, updatedAt, expiresAt].some(Number.isNaN)
  ) {
    return "its trailer lacks a member";
  }
  return { namespace, id, nonce, createdAt, updatedAt, expiresAt, metadata, size, crc32 };
}

function time(text: unknown): number {
  return typeof text === "string" ? Date.parse(text) : Number.NaN;
}

function isMetadata(value: unknown): value is ThreadMetadata {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((entry) => typeof entry === "string")
  );
}
