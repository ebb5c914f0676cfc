import { ByteBuffer } from "#platform";
import { textDigest } from "../platform/digest.ts";

/** Marks a name that ends in its hash. Names that contain it are hashed, too, so that distinct names never collide. */
const HASH_MARK = "~sha256-";

/** Options of {@link storedName}. */
export interface StoredNameOptions {
  /** The longest name that is returned as it is, in bytes of UTF-8. */
  readonly maxBytes: number;
  /**
   * How much of a longer name the result begins with, for people, in UTF-16 units.
   * @default 12
   */
  readonly prefixLength?: number | undefined;
}

/**
 * Returns a name that fits in an id or a namespace: the name itself, or its beginning and its SHA-256. Distinct names
 * have distinct results. `name` must be well-formed Unicode.
 */
export function storedName(name: string, { maxBytes, prefixLength = 12 }: StoredNameOptions): string {
  if (ByteBuffer.byteLength(name) <= maxBytes && !name.includes(HASH_MARK)) return name;
  // The beginning may end with half of a character.
  return `${name.slice(0, prefixLength).toWellFormed()}${HASH_MARK}${textDigest(name)}`;
}
