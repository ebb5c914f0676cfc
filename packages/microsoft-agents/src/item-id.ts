import { storedName } from "@threadstore/core/documents";

/** The longest key that is used as the id, in bytes of UTF-8. Stores accept ids of up to 512 bytes. */
const MAX_BYTES = 400;
/** How much of a longer key its id begins with, in UTF-16 units. */
const PREFIX_LENGTH = 100;

/** Returns the id of an item's thread: its key, or the beginning and the hash of a key that is too long for an id. */
export function itemId(key: string): string {
  return storedName(key, { maxBytes: MAX_BYTES, prefixLength: PREFIX_LENGTH });
}
