import { crc32 } from "node:zlib";

// Short, because the last one is read again for each record that follows.
const BLOCK = 16_384;

/** The CRC-32 of some bytes, and of each whole block's end on the way, so that a longer run can go on there. */
export interface Checksum {
  readonly value: number;
  readonly blocks: readonly number[];
}

/**
 * The checksum of `bytes`. `known` is that of other bytes of which the first `unchanged` are the same: the
 * blocks that lie within those are not read again.
 */
export function checksum(bytes: Uint8Array, known?: Checksum, unchanged = 0): Checksum {
  const reused = Math.min(Math.floor(unchanged / BLOCK), known?.blocks.length ?? 0);
  const blocks = known === undefined ? [] : known.blocks.slice(0, reused);
  let value = blocks.at(-1) ?? 0;
  let from = reused * BLOCK;
  for (; from + BLOCK <= bytes.length; from += BLOCK) {
    value = crc32(bytes.subarray(from, from + BLOCK), value);
    blocks.push(value);
  }
  return { value: crc32(bytes.subarray(from), value), blocks };
}

/** As records show it: eight hexadecimal digits. */
export function checksumText(value: number): string {
  return value.toString(16).padStart(8, "0");
}
