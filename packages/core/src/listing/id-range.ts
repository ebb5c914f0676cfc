import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import type { PageRequest } from "../thread-driver.ts";

/**
 * Returns the range of ids that a page may contain, as UTF-8: the first one, and the end, which is not part of the range.
 * For backends that list ids in byte order. One lower bound instead of two lets an index seek to it.
 */
export function idRange({
  after,
  prefix,
}: Pick<PageRequest, "after" | "prefix">): [first: Bytes, end: Bytes] {
  const start = ByteBuffer.from(prefix);
  // UTF-8 does not contain this byte.
  const end = ByteBuffer.concat([start, ByteBuffer.of(0xff)]);
  if (after === undefined) return [start, end];
  // Directly after an id is the one with an additional U+0000.
  const next = ByteBuffer.from(`${after}\0`);
  return [next.compare(start) > 0 ? next : start, end];
}
