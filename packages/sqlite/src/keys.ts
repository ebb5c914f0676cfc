import type { ThreadKey } from "@threadstore/core/driver";

/** Returns the `namespace` and `id` columns of a thread: their UTF-8 bytes. */
export function encodeKey({ namespace, id }: ThreadKey): [namespace: Buffer, id: Buffer] {
  return [encodeText(namespace), encodeText(id)];
}

export function encodeText(text: string): Buffer {
  return Buffer.from(text);
}

export function decodeText(column: Buffer): string {
  return column.toString();
}
