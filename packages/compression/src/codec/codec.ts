/**
 * How a text is compressed:
 * - `d`: DEFLATE that continues a stream. It may refer to the 32 KB before it, and ends at a byte boundary.
 * - `f`: a complete DEFLATE stream, from writers that cannot continue one.
 * - `z`: a Zstandard frame.
 */
export type Method = "d" | "f" | "z";

export interface CompressedBytes {
  readonly method: Method;
  readonly data: Uint8Array;
}

/** The largest distance to which DEFLATE refers back. */
export const WINDOW_BYTES = 32_768;

/**
 * The compression of a platform. `#codec` is `node.ts` where the import condition `node` applies, and `web.ts` elsewhere,
 * which also recognizes Node.js. All codecs decompress what any of them has compressed. Decompressing rejects if the data
 * are damaged or do not have exactly `length` bytes.
 */
export interface Codec {
  /** Compresses with DEFLATE, at a level from 1 to 9. `context` is what precedes the bytes: at most a window. */
  deflate(bytes: Uint8Array, context: Uint8Array, level: number): Promise<CompressedBytes>;
  /** Decompresses a complete DEFLATE stream. */
  inflate(data: Uint8Array, length: number): Promise<Uint8Array>;
  /** Compresses with Zstandard; `undefined` if the platform does not have it. */
  readonly compressZstd: ((bytes: Uint8Array, level: number) => Promise<CompressedBytes>) | undefined;
  decompressZstd(data: Uint8Array, length: number): Promise<Uint8Array>;
}

/** Throws unless decompressing has consumed all data and returned the expected number of bytes. */
export function checkLengths(consumed: boolean, bytes: Uint8Array, length: number): void {
  if (!consumed) throw new RangeError("The compressed data continue after their end.");
  if (bytes.length !== length) {
    throw new RangeError(`The compressed data have ${bytes.length} bytes instead of ${length}.`);
  }
}
