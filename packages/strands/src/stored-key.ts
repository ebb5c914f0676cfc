import type { ThreadSummary } from "@threadstore/core";
import { textDigest } from "@threadstore/core/documents";
import { checkedName, invalidArgument } from "./strands-storage-error.ts";

/** The thread of a key. */
export interface StoredKey {
  readonly id: string;
  /** Preserves the key for listings; `undefined` if the id is the key. */
  readonly metadata?: { readonly key: string };
}

const ID_MAX_BYTES = 512;
/** How much of a long key its id begins with, for listings by prefix. Leaves space for the mark and the digest. */
const HEAD_BYTES = 400;
/**
 * Marks an id that ends with the digest of its key. Keys that contain it are digested, too, so that ids never collide.
 */
const MARK = "~sha256-";

/** Throws `INVALID_ARGUMENT`. */
export function storedKey(key: unknown): StoredKey {
  const text = checkedName(key, "key");
  if (Buffer.byteLength(text) <= ID_MAX_BYTES && !text.includes(MARK)) return { id: text };
  return { id: `${headOf(text)}${MARK}${textDigest(text)}`, metadata: { key: text } };
}

/**
 * Returns the beginning of the ids of all keys that begin with `prefix`. If the prefix is long, ids of other keys can
 * begin with it, too. Throws `INVALID_ARGUMENT`.
 */
export function storedPrefix(prefix: unknown): string {
  if (typeof prefix !== "string") throw invalidArgument("query", "a string", prefix);
  // The prefix of all keys.
  if (prefix === "") return "";
  return headOf(checkedName(prefix, "query"));
}

/** Returns the key of a listed thread; `undefined` if it is long and its record is corrupt. */
export function keyOf({ id, metadata }: ThreadSummary): string | undefined {
  return metadata?.["key"] ?? (id.includes(MARK) ? undefined : id);
}

/** Returns the longest beginning that consists of whole characters and has at most `HEAD_BYTES` bytes of UTF-8. */
function headOf(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(HEAD_BYTES));
  return text.slice(0, read);
}
