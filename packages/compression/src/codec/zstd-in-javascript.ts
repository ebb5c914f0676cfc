import { decompress } from "fzstd";

/** Decompresses a Zstandard frame where the platform cannot. Bytes that the frame does not contain remain zeros. */
export function decompressInJavaScript(data: Uint8Array, length: number): Uint8Array {
  // With a buffer, the frame's own length allocates nothing.
  return decompress(data, new Uint8Array(length));
}
