import { isUtf8 } from "node:buffer";
import type { RecordToWrite, StoredRecord, Version } from "@threadstore/core";
import type { Parameter } from "./command.ts";
import type { Connection } from "./connection.ts";
import type { RecordKeys } from "./keys.ts";
import { deleteScript, readScript, versionLength, writeScript } from "./scripts.ts";

/**
 * How long Redis keeps a record that has expired. Whether it has is core's to say, by the clock of the caller; a
 * server whose clock is ahead must not take a live thread away.
 */
export const expiryGraceMs = 60_000;

export async function readRecord(
  connection: Connection,
  { record }: RecordKeys,
  known: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  const reply =
    known === undefined
      ? await connection.command("get", [record], signal)
      : await connection.script(readScript, [record], [bytesOf(known)], signal);
  if (reply === null) return undefined;
  if (Buffer.isBuffer(reply)) {
    return { version: versionOf(reply.subarray(0, versionLength)), bytes: reply.subarray(versionLength) };
  }
  if (known === undefined || !isYes(reply)) throw unexpected(reply);
  return { version: known, bytes: undefined };
}

export async function writeRecord(
  connection: Connection,
  { record, index, id }: RecordKeys,
  { bytes, unchanged, nonce, expiresAt }: RecordToWrite,
  expected: Version | undefined,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const changed = textIn(bytes.subarray(unchanged));
  const expiry = expiresAt === undefined ? "" : String(expiresAt + expiryGraceMs);
  const parameters = [stateOf(expected), nonce, String(unchanged), changed, expiry, id];
  const reply = await connection.script(writeScript, [record, index], parameters, signal);
  return isYes(reply) ? nonce : undefined;
}

export async function deleteRecord(
  connection: Connection,
  { record, index, id }: RecordKeys,
  expected: Version,
  signal: AbortSignal,
): Promise<boolean> {
  return isYes(await connection.script(deleteScript, [record, index], [stateOf(expected), id], signal));
}

/**
 * The version in a stored record's first bytes. Those of a damaged record may be anything, and a version is printable
 * ASCII: the sign in front of them is in no version of ours.
 */
export function versionOf(bytes: Buffer): Version {
  const text = bytes.toString("latin1");
  return /^[0-9A-Za-z_-]{22}$/u.test(text) ? text : `~${bytes.toString("hex")}`;
}

function bytesOf(version: Version): Buffer {
  return version.startsWith("~") ? Buffer.from(version.slice(1), "hex") : Buffer.from(version);
}

function stateOf(expected: Version | undefined): Parameter {
  if (expected === undefined) return "";
  return expected.startsWith("~") ? Buffer.concat([Buffer.from("="), bytesOf(expected)]) : `=${expected}`;
}

/** Engines keep longer strings apart, where they are collected as seldom as buffers are. */
const TEXT_MAX_BYTES = 131_072;

/**
 * Text as a string: of a command with a buffer in it ioredis makes another buffer, and so much memory outside of the
 * heap has all garbage collected again and again. What begins within a character is no text.
 */
function textIn(bytes: Uint8Array): Parameter {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length <= TEXT_MAX_BYTES && isUtf8(buffer)) return buffer.toString("utf8");
  // ioredis may send it later than now, but not later than the call ends: an aborted command is not sent.
  return buffer;
}

/** Numbers come as text from a client with `stringNumbers`. */
function isYes(reply: unknown): boolean {
  const answer = Number(reply);
  if (answer !== 0 && answer !== 1) throw unexpected(reply);
  return answer === 1;
}

/** For one, QUEUED: the client's owner has begun a transaction on its connection. */
function unexpected(reply: unknown): Error {
  return new Error(`Redis answered with an unexpected ${typeof reply}.`);
}
