import { ByteBuffer } from "#platform";
import { TAIL_CONTEXT_BYTES, type ThreadKey, TRAILER_MAX_BYTES } from "../thread-driver.ts";
import { crcOf } from "./checksum.ts";
import { findTrailer, trailerStart } from "./trailer.ts";

/** How many bytes of a record's end contain its trailer, unless it has more than some 12 KB of metadata. */
export const USUAL_TRAILER_MAX_BYTES = 16_384;

/**
 * Reads the end of a record, including its trailer, without reading {@link TRAILER_MAX_BYTES} of every record: nearly
 * all trailers are far shorter. Calls `read` with how many bytes to read, and again with more if the trailer does not
 * start in the bytes that `tailIn` returns for the result.
 */
export async function readWholeTrailer<Result>(
  read: (length: number) => Promise<Result>,
  tailIn: (result: Result) => Uint8Array | undefined,
): Promise<Result> {
  const result = await read(USUAL_TRAILER_MAX_BYTES);
  const tail = tailIn(result);
  // A shorter tail is the whole record.
  const isWhole = tail === undefined || tail.length < USUAL_TRAILER_MAX_BYTES || trailerStart(tail) >= 0;
  return isWhole ? result : read(TRAILER_MAX_BYTES);
}

/** Returns the end of a complete record that a listing needs: its trailer, or the last bytes of a corrupt record. */
export function tailOf(record: Uint8Array): Uint8Array {
  const tail = record.subarray(-TRAILER_MAX_BYTES);
  return tail.subarray(Math.max(0, trailerStart(tail)));
}

/** Returns the end of a complete record that an append needs: its trailer, and some bytes before it. */
export function tailWithContext(record: Uint8Array): Uint8Array {
  const tail = record.subarray(-TRAILER_MAX_BYTES - TAIL_CONTEXT_BYTES);
  return tail.subarray(Math.max(0, trailerStart(tail) - TAIL_CONTEXT_BYTES));
}

/** Returns whether the last bytes of a record are enough for an append. */
export function hasTailContext(tail: Uint8Array): boolean {
  return trailerStart(tail) >= TAIL_CONTEXT_BYTES;
}

/**
 * Returns the namespace and id that the trailer in `tail` contains, for backends whose names for records cannot be
 * decoded; `undefined` if the trailer is corrupt.
 */
export function keyInTail(tail: Uint8Array): ThreadKey | undefined {
  const located = findTrailer(ByteBuffer.from(tail.buffer, tail.byteOffset, tail.byteLength), crcOf);
  if ("corruption" in located) return undefined;
  const { namespace, id } = located.trailer;
  return { namespace, id };
}
