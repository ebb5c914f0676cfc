// Not by its names, one of which older versions of Node.js do not have: the import would fail before core can say so.
import nodeCrypto from "node:crypto";
import type { ThreadMetadata } from "@threadstore/core";
import { METADATA_MAX_BYTES, reservedName } from "@threadstore/core/decorator";

/**
 * The name of the namespace that contains attachments, of the metadata entry with a thread's size, and of the member
 * that marks a wrapped thread. Callers may use the same name: it is then escaped.
 */
export const RESERVED_NAME = ".attachments";

const { escape, unescape } = reservedName(RESERVED_NAME);

/** Returns the stored metadata of a thread, with its size for listings; `undefined` if that exceeds the limit. */
export function metadataWithSize(metadata: ThreadMetadata, size: number): ThreadMetadata | undefined {
  const stored = { ...escapeMetadata(metadata), [RESERVED_NAME]: String(size) };
  return Buffer.byteLength(JSON.stringify(stored)) <= METADATA_MAX_BYTES ? stored : undefined;
}

/** Returns the stored metadata of a thread without its size. */
export function escapeMetadata(metadata: ThreadMetadata): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [escape(name), value]));
}

/** Returns the caller's metadata, and the size of the thread if it was stored with them. */
export function metadataAndSize(stored: ThreadMetadata): { metadata: ThreadMetadata; size?: number } {
  const entries = Object.entries(stored).filter(([name]) => name !== RESERVED_NAME);
  const metadata = Object.fromEntries(entries.map(([name, value]) => [unescape(name), value]));
  const size = Object.hasOwn(stored, RESERVED_NAME) ? Number(stored[RESERVED_NAME]) : Number.NaN;
  return Number.isSafeInteger(size) ? { metadata, size } : { metadata };
}

/**
 * The name of an attachment within its thread: the token of the save that wrote it, and the SHA-256 of its text. Two
 * saves never share a token, so a name is written at most once, and a deleted one never comes back.
 */
export type AttachmentName = string;

const TIME_BYTES = 6;
const TIME_MAX = 2 ** (8 * TIME_BYTES) - 1;

/** Returns the token of a save at `now`, in milliseconds since the epoch: the time and 80 random bits. */
export function newToken(now: number): string {
  const token = nodeCrypto.randomBytes(16);
  token.writeUIntBE(Math.min(Math.max(Math.floor(now), 0), TIME_MAX), 0, TIME_BYTES);
  return token.toString("base64url");
}

export function attachmentName(token: string, text: string): AttachmentName {
  return `${token}.${nodeCrypto.hash("sha256", text)}`;
}

/** Returns when an attachment was written, by the clock of its writer. */
export function writtenAt(name: AttachmentName): number {
  return Buffer.from(tokenOf(name), "base64url").readUIntBE(0, TIME_BYTES);
}

export function tokenOf(name: AttachmentName): string {
  return name.slice(0, name.indexOf("."));
}

export function isAttachmentName(text: string): boolean {
  return /^[\w-]{22}\.[0-9a-f]{64}$/u.test(text);
}

/** Returns the SHA-256 in a name, in hexadecimal. */
export function hashOf(name: AttachmentName): string {
  return name.slice(name.indexOf(".") + 1);
}

/** Returns the id of an attachment's record. The attachments of a thread are adjacent in a listing. */
export function recordId(threadId: string, name: AttachmentName): string {
  return `${nodeCrypto.hash("sha256", threadId, "base64url").slice(0, 22)}.${name}`;
}

/** Returns the attachment's name in the id of its record. */
export function nameOfRecord(id: string): AttachmentName {
  return id.slice(id.indexOf(".") + 1);
}
