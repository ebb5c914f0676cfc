import { checkLengths, type Codec, type CompressedBytes } from "./codec.ts";
import { decompressInJavaScript } from "./zstd-in-javascript.ts";

/** Returns the codec of browsers and workers, whose streams cannot continue one another. */
export function webCodec(): Codec {
  return {
    async deflate(bytes): Promise<CompressedBytes> {
      return { method: "f", data: await transform(bytes, new CompressionStream("deflate-raw")) };
    },
    async inflate(data, length) {
      // The stream rejects data after its end.
      const bytes = await transform(data, new DecompressionStream("deflate-raw"), length);
      checkLengths(true, bytes, length);
      return bytes;
    },
    compressZstd: undefined,
    decompressZstd: async (data, length) => decompressInJavaScript(data, length),
  };
}

interface Transform {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Returns the bytes after the transformation. Rejects as soon as there are more than `maxBytes`. */
async function transform(
  data: Uint8Array,
  { readable, writable }: Transform,
  maxBytes = Infinity,
): Promise<Uint8Array> {
  const writer = writable.getWriter();
  // Failures reject the reader, too.
  const writing = writer.write(data).then(() => writer.close());
  writing.catch(() => undefined);
  const reader = readable.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new RangeError(`The compressed data have more than ${maxBytes} bytes.`);
    }
  }
  await writing;
  return concatenated(chunks, length);
}

function concatenated(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
