import type { Bytes } from "../platform/platform.ts";

const BLOCK_BYTES = 65_536;
/** Comparing this many bytes in JavaScript takes about as long as one native call. */
const NATIVE_CALL_BYTES = 64;

/**
 * Returns the number of leading bytes that two buffers have in common. Compares blocks natively, and halves the block
 * that differs until it is small.
 */
export function commonPrefixLength(left: Bytes, right: Bytes): number {
  const end = Math.min(left.length, right.length);
  // What is added to a thread that grows differs at once from the brackets that it replaces.
  if (left[0] !== right[0]) return 0;
  let from = 0;
  let step = BLOCK_BYTES;
  while (from < end) {
    const to = Math.min(from + step, end);
    if (right.compare(left, from, to, from, to) === 0) from = to;
    else if (to - from <= NATIVE_CALL_BYTES) return firstDifference(left, right, from);
    else step = Math.ceil((to - from) / 2);
  }
  return end;
}

function firstDifference(left: Bytes, right: Bytes, from: number): number {
  let index = from;
  while (left[index] === right[index]) index += 1;
  return index;
}
