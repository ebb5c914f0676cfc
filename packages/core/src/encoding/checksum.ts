import { crc32 } from "#platform";

// Small, because the next record computes the last, incomplete block again.
const BLOCK_BYTES = 16_384;

/** A CRC-32, with intermediate values from which the checksum of a longer or changed record can resume. */
export interface Checksum {
  readonly value: number;
  /** The CRC-32 up to the end of each complete block. */
  readonly blocks: readonly number[];
  /** The CRC-32 up to a point close to the end, which the next record often shares. */
  readonly nearEnd: { readonly offset: number; readonly value: number };
}

/** What follows the new elements of a thread that grows: closing brackets, and sometimes short members. */
const CLOSING_BYTES = 64;

/**
 * Computes the checksum of `bytes`. If `previous` is the checksum of bytes of which the first `unchanged` are the
 * same, the bytes before the last intermediate value within those are not read again.
 */
export function checksum(bytes: Uint8Array, previous?: Checksum, unchanged = 0): Checksum {
  const reused = Math.min(Math.floor(unchanged / BLOCK_BYTES), previous?.blocks.length ?? 0);
  const blocks = previous === undefined ? [] : previous.blocks.slice(0, reused);
  let value = blocks.at(-1) ?? 0;
  let from = reused * BLOCK_BYTES;
  const proceed = (to: number): void => {
    if (to > from) value = crc32(bytes.subarray(from, to), value);
    from = Math.max(from, to);
  };
  const nearEnd = previous?.nearEnd;
  if (nearEnd !== undefined && nearEnd.offset <= unchanged && nearEnd.offset > from) {
    from = nearEnd.offset;
    ({ value } = nearEnd);
  }
  for (let end = (reused + 1) * BLOCK_BYTES; end <= bytes.length; end += BLOCK_BYTES) {
    proceed(end);
    blocks.push(value);
  }
  proceed(bytes.length - CLOSING_BYTES);
  const resumable = { offset: from, value };
  proceed(bytes.length);
  return { value, blocks, nearEnd: resumable };
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
