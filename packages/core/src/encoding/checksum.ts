import { crc32 } from "#platform";

// Small, because the next record computes the last, incomplete block again.
const BLOCK_BYTES = 16_384;

/** A CRC-32, with intermediate values from which the checksum of a longer or changed record can resume. */
export interface Checksum {
  readonly value: number;
  /** The CRC-32 up to the end of each complete block. */
  readonly blocks: readonly number[];
}

/**
 * Computes the checksum of `bytes`. If `previous` is the checksum of bytes of which the first `unchanged` are the
 * same, the blocks within those are not read again.
 */
export function checksum(bytes: Uint8Array, previous?: Checksum, unchanged = 0): Checksum {
  const reused = Math.min(Math.floor(unchanged / BLOCK_BYTES), previous?.blocks.length ?? 0);
  const blocks = previous === undefined ? [] : previous.blocks.slice(0, reused);
  let value = blocks.at(-1) ?? 0;
  let from = reused * BLOCK_BYTES;
  for (; from + BLOCK_BYTES <= bytes.length; from += BLOCK_BYTES) {
    value = crc32(bytes.subarray(from, from + BLOCK_BYTES), value);
    blocks.push(value);
  }
  return { value: crc32(bytes.subarray(from), value), blocks };
}

/**
 * Returns the CRC-32 of `data`, which continues from `value`. For other packages, whose compilers do not know
 * `#platform`.
 */
export function continuedCrc32(data: string | Uint8Array, value = 0): number {
  return crc32(data, value);
}

/** Returns the CRC-32 of the bytes, formatted as records store it. */
export function crcOf(bytes: Uint8Array): string {
  return checksumText(checksum(bytes).value);
}

/** Formats a CRC-32 as records store it: eight hexadecimal digits. */
export function checksumText(value: number): string {
  return value.toString(16).padStart(8, "0");
}
