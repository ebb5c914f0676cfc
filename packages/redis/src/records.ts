import { isUtf8 } from "node:buffer";
import type { Version } from "@threadstore/core";
import {
  DriverError,
  type RecordDetails,
  type RecordTail,
  type RecordToWrite,
  type StoredRecord,
  TAIL_CONTEXT_BYTES,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import type { Parameter } from "./command.ts";
import type { Connection } from "./connection.ts";
import type { RecordKeys } from "./keys.ts";
import { deleteScript, readScript, tailScript, VERSION_LENGTH, writeScript } from "./scripts.ts";

/**
 * How long Redis keeps a record after it has expired. Core decides whether a thread has expired, by the client's clock;
 * a server whose clock is ahead must not delete a live thread.
 */
export const EXPIRY_GRACE_MS = 60_000;

export async function readRecord(
  connection: Connection,
  { record }: RecordKeys,
  cachedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  const reply =
    cachedVersion === undefined
      ? await connection.command("get", [record], signal)
      : await connection.script(readScript, [record], [versionBytes(cachedVersion)], signal);
  if (reply === null) return undefined;
  if (Buffer.isBuffer(reply)) {
    const version = versionOf(reply.subarray(0, VERSION_LENGTH));
    return { version, bytes: reply.subarray(VERSION_LENGTH), nonce: version };
  }
  if (cachedVersion === undefined || !isOne(reply)) throw unexpectedReply(reply);
  return { version: cachedVersion, bytes: undefined };
}

/** Reads the end of a record: a few kilobytes, or more if its metadata take up more. */
export async function readTail(
  connection: Connection,
  { record }: RecordKeys,
  signal: AbortSignal,
): Promise<RecordTail | undefined> {
  const longest = String(TRAILER_MAX_BYTES + TAIL_CONTEXT_BYTES);
  const reply = await connection.script(tailScript, [record], [longest, String(TAIL_CONTEXT_BYTES)], signal);
  if (reply === null) return undefined;
  const [storedVersion, tail] = reply as [Buffer, Buffer];
  const version = versionOf(storedVersion);
  return { version, tail, nonce: version };
}

export function writeRecord(
  connection: Connection,
  keys: RecordKeys,
  { bytes, ...record }: RecordToWrite,
  expectedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const change = { ...record, changed: bytes.subarray(record.unchanged) };
  return changeRecord(connection, keys, change, expectedVersion, signal);
}

/** A record to store, of which the first `unchanged` bytes are stored already. */
export interface RecordChange extends RecordDetails {
  readonly unchanged: number;
  readonly changed: Uint8Array;
}

export async function changeRecord(
  connection: Connection,
  { record, index, recencyIndex, id }: RecordKeys,
  { unchanged, changed: bytes, nonce, expiresAt, updatedAt }: RecordChange,
  expectedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const changed = textOrBuffer(bytes);
  const expiry = expiresAt === undefined ? "" : String(expiresAt + EXPIRY_GRACE_MS);
  const parameters = [
    stateFor(expectedVersion),
    nonce,
    String(unchanged),
    changed,
    expiry,
    id,
    String(-updatedAt),
  ];
  const reply = await connection.script(writeScript, [record, index, recencyIndex], parameters, signal);
  return isOne(reply) ? nonce : undefined;
}

export async function deleteRecord(
  connection: Connection,
  { record, index, recencyIndex, id }: RecordKeys,
  expectedVersion: Version,
  signal: AbortSignal,
): Promise<boolean> {
  const parameters = [stateFor(expectedVersion), id];
  return isOne(await connection.script(deleteScript, [record, index, recencyIndex], parameters, signal));
}

/**
 * Returns the version in the first bytes of a stored record. The first bytes of a corrupt record can be anything, but a
 * version must be printable ASCII, so they are encoded as hex after a `~`, which no nonce contains.
 */
export function versionOf(bytes: Buffer): Version {
  const text = bytes.toString("latin1");
  return /^[0-9A-Za-z_-]{22}$/u.test(text) ? text : `~${bytes.toString("hex")}`;
}

function versionBytes(version: Version): Buffer {
  return version.startsWith("~") ? Buffer.from(version.slice(1), "hex") : Buffer.from(version);
}

function stateFor(expectedVersion: Version | undefined): Parameter {
  if (expectedVersion === undefined) return "";
  if (!expectedVersion.startsWith("~")) return `=${expectedVersion}`;
  return Buffer.concat([Buffer.from("="), versionBytes(expectedVersion)]);
}

/** JavaScript engines allocate longer strings outside the young generation, where they outlive the call as buffers do. */
const TEXT_MAX_BYTES = 131_072;

/**
 * Converts short UTF-8 to a string. If a parameter is a buffer, ioredis copies the whole command into another buffer,
 * and so much off-heap memory triggers frequent full garbage collections. Bytes that start inside a character stay a
 * buffer.
 */
function textOrBuffer(bytes: Uint8Array): Parameter {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length <= TEXT_MAX_BYTES && isUtf8(buffer)) return buffer.toString("utf8");
  // A view, not a copy: ioredis may send it later, but only during the call, because an aborted command is not sent.
  return buffer;
}

/** Reads a reply of 0 or 1. It arrives as text from a client with `stringNumbers`. */
function isOne(reply: unknown): boolean {
  const value = Number(reply);
  if (value !== 0 && value !== 1) throw unexpectedReply(reply);
  return value === 1;
}

/** For example QUEUED, if the client's owner has started a transaction on the connection. */
function unexpectedReply(reply: unknown): DriverError {
  return new DriverError(
    "BACKEND_ERROR",
    `Redis answered with an unexpected ${typeof reply}. Do not share the store's connection with transactions or subscriptions.`,
    { effect: "unknown" },
  );
}
