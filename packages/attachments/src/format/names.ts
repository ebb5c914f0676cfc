import { hash, randomBytes } from "node:crypto";
import type { ThreadMetadata } from "@threadstore/core";

/**
 * The one name that is ours: of the namespace beside the threads, of an entry of their metadata, of the member
 * that marks a thread whose attachments are kept elsewhere. Callers may use it, too: {@link escaped}.
 */
export const RESERVED = ".attachments";

const TAKEN = /^\.attachments~*$/u;

/** The caller's name as it is in the store beneath: one that is ours, or looks like an escaped one, gets a tilde. */
export function escaped(name: string): string {
  return TAKEN.test(name) ? `${name}~` : name;
}

function unescaped(name: string): string {
  return TAKEN.test(name) ? name.slice(0, -1) : name;
}

/** The namespace of a view, as errors show it. */
export function pathText(path: readonly string[]): string {
  return path.map((name) => name.replace(/[%/]/gu, encodeURIComponent)).join("/");
}

const METADATA_MAX_BYTES = 8192;

/** The metadata as kept beside a thread whose size a listing cannot see; `undefined` when it leaves no room. */
export function metadataWithSize(metadata: ThreadMetadata, size: number): ThreadMetadata | undefined {
  const all = { ...escapedMetadata(metadata), [RESERVED]: String(size) };
  return Buffer.byteLength(JSON.stringify(all)) <= METADATA_MAX_BYTES ? all : undefined;
}

export function escapedMetadata(metadata: ThreadMetadata): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [escaped(name), value]));
}

/** The caller's own metadata, and the size of the thread where it was put beside them. */
export function metadataAndSize(stored: ThreadMetadata): { metadata: ThreadMetadata; size?: number } {
  const own = Object.entries(stored).filter(([name]) => name !== RESERVED);
  const metadata = Object.fromEntries(own.map(([name, value]) => [unescaped(name), value]));
  const size = Object.hasOwn(stored, RESERVED) ? Number(stored[RESERVED]) : Number.NaN;
  return Number.isSafeInteger(size) ? { metadata, size } : { metadata };
}

/**
 * An attachment's name within its thread: a token of the save that wrote it, and the SHA-256 of its text. No two
 * saves share a token, so no name is ever written twice, and one that was removed never comes back.
 */
export type AttachmentName = string;

const TIME_BYTES = 6;
const TIME_MAX = 2 ** (8 * TIME_BYTES) - 1;

/** A token of a save at that time, in milliseconds since the epoch: the time, and 80 random bits. */
export function newToken(now: number): string {
  const token = randomBytes(16);
  token.writeUIntBE(Math.min(Math.max(Math.floor(now), 0), TIME_MAX), 0, TIME_BYTES);
  return token.toString("base64url");
}

export function attachmentName(token: string, text: string): AttachmentName {
  return `${token}.${hash("sha256", text)}`;
}

/** When it was written, by the clock of who did. */
export function writtenAt(name: AttachmentName): number {
  return Buffer.from(tokenIn(name), "base64url").readUIntBE(0, TIME_BYTES);
}

export function tokenIn(name: AttachmentName): string {
  return name.slice(0, name.indexOf("."));
}

export function isAttachmentName(text: string): boolean {
  return /^[\w-]{22}\.[0-9a-f]{64}$/u.test(text);
}

/** The SHA-256 in the name, in hexadecimal digits. */
export function hashIn(name: AttachmentName): string {
  return name.slice(name.indexOf(".") + 1);
}

/** The id of an attachment's record. Those of one thread stand together in a listing. */
export function recordId(threadId: string, name: AttachmentName): string {
  return `${hash("sha256", threadId, "base64url").slice(0, 22)}.${name}`;
}

/** The attachment's name in the id of its record. */
export function nameIn(id: string): AttachmentName {
  return id.slice(id.indexOf(".") + 1);
}
