import { textDigest } from "../platform/digest.ts";

/** How many append keys a record remembers. */
const REMEMBERED_KEYS = 100;
/** 72 bits: with 100 remembered keys, two distinct keys are taken for one in 1 of 10^19 appends. */
const HASH_LENGTH = 12;

/** The hashes of the latest append keys of a thread, oldest first, without separators. */
export type AppendKeys = string;

const FORMAT = new RegExp(`^(?:[0-9A-Za-z_-]{${HASH_LENGTH}}){0,${REMEMBERED_KEYS}}$`, "u");

/** Returns the hash of a key, as {@link AppendKeys} contain it. */
export function hashAppendKey(key: string): string {
  return textDigest(key).slice(0, HASH_LENGTH);
}

export function isAppendKeys(value: unknown): value is AppendKeys {
  return typeof value === "string" && FORMAT.test(value);
}

/** Returns each hash. */
export function splitAppendKeys(keys: AppendKeys): readonly string[] {
  return keys.match(new RegExp(`.{${HASH_LENGTH}}`, "gu")) ?? [];
}

/** Joins hashes that come from another record; none if they are invalid. */
export function joinAppendKeys(hashes: readonly string[]): AppendKeys {
  const keys = hashes.join("");
  return isAppendKeys(keys) ? keys : "";
}

export function hasAppendKey(keys: AppendKeys, hashedKey: string): boolean {
  for (let start = 0; start < keys.length; start += HASH_LENGTH) {
    if (keys.startsWith(hashedKey, start)) return true;
  }
  return false;
}

/** Adds a key, if there is one, and forgets the oldest ones. */
export function withAppendKey(keys: AppendKeys, hashedKey: string | undefined): AppendKeys {
  return hashedKey === undefined ? keys : (keys + hashedKey).slice(-REMEMBERED_KEYS * HASH_LENGTH);
}

/**
 * The key of an option of `save`, for decorators that implement an append with a save: the append key that the record
 * then remembers. A registered symbol, so that two installed copies of this package agree on it.
 */
export const APPEND_KEY: unique symbol = Symbol.for("threadstore.append-key");

/** Options of a save that may implement an append. */
export interface AppendKeyOption {
  readonly [APPEND_KEY]?: string | undefined;
}
