import { bytesToBase85 } from "@threadstore/core/decorator";
import { type CompressedBytes, WINDOW_BYTES } from "../codec/codec.ts";
import type { ResolvedOptions } from "../options.ts";
import type { StoredText } from "./stored-segment.ts";

/** The bytes in JSON that a compressed text takes in addition to its data: the method, the length, quotes and commas. */
const OVERHEAD_BYTES = 12;

/** Compresses a text, unless that does not shorten its JSON. `context` is the text before it. */
export async function encodeText(
  options: ResolvedOptions,
  context: Uint8Array,
  text: string,
  bytes: Uint8Array,
): Promise<StoredText> {
  if (bytes.length < options.minBytes) return { text };
  const { method, data } = await compress(options, context, bytes);
  const length = Math.ceil((data.length * 5) / 4) + OVERHEAD_BYTES;
  // Escaping only makes the text longer, and is only counted if that decides.
  if (length >= bytes.length && length >= bytes.length + JSON.stringify(text).length - text.length) {
    return { text };
  }
  return { method, length: bytes.length, data: bytesToBase85(data) };
}

async function compress(
  { codec, compressZstd, deflateLevel, zstdLevel }: ResolvedOptions,
  context: Uint8Array,
  bytes: Uint8Array,
): Promise<CompressedBytes> {
  // Within its window, DEFLATE compresses better, and refers to the text before.
  if (compressZstd !== undefined && bytes.length > WINDOW_BYTES) return compressZstd(bytes, zstdLevel);
  return codec.deflate(bytes, context, deflateLevel);
}
