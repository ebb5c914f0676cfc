import { Buffer } from "node:buffer";
import { textDigest } from "@threadstore/core/documents";
import { invalidArgument } from "./storage-error.ts";

/** The longest key that is an id as it is, in bytes of UTF-8. Stores accept ids of up to 512 bytes. */
const MAX_BYTES = 400;
/** Marks an id that ends in the hash of its key. Keys that contain it are hashed, too, so that keys never collide. */
const HASH_MARK = "~sha256-";
/** The beginning of a hashed key that its id starts with, in UTF-16 units, for people. */
const PREFIX_LENGTH = 100;

/** Checks the key of an item. Throws `INVALID_ARGUMENT` with `path`. */
export function checkedKey(key: unknown, path: string): string {
  if (typeof key !== "string" || key === "") throw invalidArgument(path, "a non-empty string", key);
  if (!key.isWellFormed()) throw invalidArgument(path, "well-formed Unicode, without lone surrogates");
  return key;
}

/** Returns the id of an item's thread: its key, or the beginning and the hash of a key that is too long for an id. */
export function itemId(key: string): string {
  if (Buffer.byteLength(key) <= MAX_BYTES && !key.includes(HASH_MARK)) return key;
  return `${key.slice(0, PREFIX_LENGTH).toWellFormed()}${HASH_MARK}${textDigest(key)}`;
}
