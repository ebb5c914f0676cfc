import type { ThreadKey } from "@threadstore/core/driver";

/** Encodes a namespace or id as a `bytea` value. A text column cannot hold U+0000, and depends on the encoding. */
export function encodeText(text: string): Buffer {
  return Buffer.from(text);
}

/** Returns the primary key: `$1` and `$2` of each statement on a record. */
export function encodeKey({ namespace, id }: ThreadKey): [namespace: Buffer, id: Buffer] {
  return [encodeText(namespace), encodeText(id)];
}
