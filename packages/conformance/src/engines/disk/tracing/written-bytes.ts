/** The arguments of a write after the file: bytes or text, and their position. */
export type WriteArguments = readonly [
  data: Uint8Array | string,
  offsetOrOptions?: number | null | { offset?: number; length?: number; position?: number | null },
  lengthOrEncoding?: number | null | BufferEncoding,
  position?: number | null,
];

/** Returns the bytes that a write has written and their position; `null` for the end of the previous write. */
export function bytesOf(
  [data, second, third, fourth]: WriteArguments,
  count: number,
): { position: number | null; bytes: Uint8Array } {
  if (typeof data === "string") {
    const encoding = typeof third === "string" ? third : "utf8";
    const position = typeof second === "number" ? second : null;
    return { position, bytes: Buffer.from(data, encoding).subarray(0, count) };
  }
  const options =
    typeof second === "object" && second !== null ? second : { offset: second ?? 0, position: fourth };
  const { offset = 0, position = null } = options;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // Copied, since the caller may reuse its buffer.
  return { position: position ?? null, bytes: bytes.slice(offset, offset + count) };
}

/** Returns the number of bytes written, from the result of any variant of a call. */
export function countOf(result: unknown): number {
  if (typeof result === "number") return result;
  return typeof result === "object" && result !== null && "bytesWritten" in result
    ? Number(result.bytesWritten)
    : 0;
}
