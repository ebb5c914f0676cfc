import { Buffer } from "node:buffer";
import { textDigest } from "@threadstore/core/documents";
import { checkText } from "./config.ts";
import { invalidValue } from "./errors.ts";

/** The longest id that a store accepts. */
const MAX_ID_BYTES = 512;
/** The length of `%h` and a digest. */
const DIGEST_LENGTH = 45;

/**
 * Returns the id of an item: the escaped labels of its namespace and its key, separated by slashes. A key that does not
 * fit is replaced by its digest, because the item also contains it. Throws `INVALID_ARGUMENT` if the namespace does not
 * fit.
 */
export function itemId(namespace: readonly string[], key: unknown): string {
  const prefix = itemPrefix(namespace);
  const name = escape(checkText(key, "key"));
  if (Buffer.byteLength(prefix + name) <= MAX_ID_BYTES) return prefix + name;
  return `${prefix}%h${textDigest(name)}`;
}

/** Returns the beginning of the ids of the items in a namespace and its descendants. */
export function itemPrefix(namespace: readonly string[]): string {
  const prefix = namespace
    .map((label, index) => `${escape(checkText(label, `namespace[${index}]`))}/`)
    .join("");
  if (Buffer.byteLength(prefix) <= MAX_ID_BYTES - DIGEST_LENGTH) return prefix;
  const requirement = `at most ${MAX_ID_BYTES - DIGEST_LENGTH} bytes of UTF-8 with a slash after each label`;
  throw invalidValue("INVALID_ARGUMENT", "namespace", requirement);
}

/** Returns the namespace of an item. */
export function namespaceOfItem(id: string): string[] {
  return id
    .split("/")
    .slice(0, -1)
    .map((label) => label.replace(/%2F|%25/gu, decodeURIComponent));
}

function escape(text: string): string {
  return text.replace(/[%/]/gu, encodeURIComponent);
}
