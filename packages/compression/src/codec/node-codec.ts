import type zlib from "node:zlib";
import { checkLengths, type Codec, type CompressedBytes } from "./codec.ts";
import { decompressInJavaScript } from "./zstd-in-javascript.ts";

export type Zlib = typeof zlib;

/** The number of bytes from which work runs in the thread pool: below, it takes less than a millisecond. */
const POOL_FROM = 65_536;
/** An empty stored block, with which every flush ends. Each stream of a log gets one per text, so it is not stored. */
const FLUSHED_BYTES = 4;

interface Decompressed {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

type Callback = (error: Error | null, result: unknown) => void;

/** Runs work of `length` bytes, in the thread pool if it takes long. */
async function run<Result>(
  length: number,
  work: () => unknown,
  inPool: (callback: Callback) => void,
): Promise<Result> {
  if (length < POOL_FROM) return work() as Result;
  return new Promise((resolve, reject) => {
    inPool((error, result) => (error === null ? resolve(result as Result) : reject(error)));
  });
}

function exactly({ buffer, engine }: Decompressed, data: Uint8Array, length: number): Uint8Array {
  checkLengths(engine.bytesWritten === data.length, buffer, length);
  return buffer;
}

/** Returns the codec of Node.js, Bun and Deno. Versions of Node.js before 22.15 have no Zstandard. */
export function nodeCodec(zlib: Zlib): Codec {
  const zstd = typeof zlib.zstdCompressSync === "function" ? zstdOf(zlib) : undefined;
  return {
    async deflate(bytes, context, level): Promise<CompressedBytes> {
      const dictionary = context.length === 0 ? {} : { dictionary: context };
      const options = { level, finishFlush: zlib.constants.Z_SYNC_FLUSH, ...dictionary };
      const flushed = await run<Uint8Array>(
        bytes.length,
        () => zlib.deflateRawSync(bytes, options),
        (callback) => zlib.deflateRaw(bytes, options, callback),
      );
      return { method: "d", data: flushed.subarray(0, -FLUSHED_BYTES) };
    },
    async inflate(data, length) {
      const options = { info: true, maxOutputLength: Math.max(length, 1) };
      const inflated = await run<Decompressed>(
        length,
        () => zlib.inflateRawSync(data, options),
        (callback) => zlib.inflateRaw(data, options, callback),
      );
      return exactly(inflated, data, length);
    },
    compressZstd: zstd?.compress,
    decompressZstd: zstd?.decompress ?? (async (data, length) => decompressInJavaScript(data, length)),
  };
}

function zstdOf(zlib: Zlib): {
  readonly compress: NonNullable<Codec["compressZstd"]>;
  readonly decompress: Codec["decompressZstd"];
} {
  return {
    async compress(bytes, level): Promise<CompressedBytes> {
      const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
      const options = { params, pledgedSrcSize: bytes.length };
      const data = await run<Uint8Array>(
        bytes.length,
        () => zlib.zstdCompressSync(bytes, options),
        (callback) => zlib.zstdCompress(bytes, options, callback),
      );
      return { method: "z", data };
    },
    async decompress(data, length) {
      const options = { info: true, maxOutputLength: Math.max(length, 1) };
      const decompressed = await run<Decompressed>(
        length,
        () => zlib.zstdDecompressSync(data, options),
        (callback) => zlib.zstdDecompress(data, options, callback),
      );
      return exactly(decompressed, data, length);
    },
  };
}
