import { randomBytes } from "node:crypto";

/**
 * What a delete leaves where the provider does not make deleting conditional: the deciding step is then a
 * conditional write of this. Readers and listings take it for nothing, and a new thread replaces it.
 */
export interface Tombstone {
  readonly bytes: Uint8Array;
  readonly nonce: string;
}

const shape = /^\{"threadstore":\{"deleted":true,"nonce":"[\w-]{22}"\}\}$/;

export function newTombstone(): Tombstone {
  // Unique, as every record is: its ETag is a hash of it, and must be a version that never was.
  const nonce = randomBytes(16).toString("base64url");
  return { bytes: Buffer.from(`{"threadstore":{"deleted":true,"nonce":"${nonce}"}}`), nonce };
}

/** Of all tombstones. */
export const tombstoneBytes: number = newTombstone().bytes.length;

/** Whether these are all bytes of a tombstone. */
export function isTombstone(bytes: Uint8Array): boolean {
  return bytes.length === tombstoneBytes && shape.test(Buffer.from(bytes).toString("latin1"));
}
