import type { ThreadKey } from "@threadstore/core/driver";

/** Encodes a namespace or id for a `VARBINARY` column. A text column would ignore case and trailing spaces. */
export function encodeText(text: string): Buffer {
  return Buffer.from(text);
}

/** Returns the primary key, in the order in which the statements expect it. */
export function encodeKey({ namespace, id }: ThreadKey): [namespace: Buffer, id: Buffer] {
  return [encodeText(namespace), encodeText(id)];
}

/** Returns the name quoted, so that it cannot end the identifier. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
