/** The arguments of a write, behind the file: bytes or text, and where they go. */
export type WriteArguments = readonly [
  data: Uint8Array | string,
  offsetOrOptions?: number | null | { offset?: number; length?: number; position?: number | null },
  lengthOrEncoding?: number | null | BufferEncoding,
  position?: number | null,
];

/** What a write has written, and where: `null` for where the last one ended. */
export function bytesOf(
  [data, second, third, fourth]: WriteArguments,
  count: number,
): { position: number | null; bytes: Uint8Array } {
  if (typeof data === "string") {
    const encoding = typeof third === "string" ? third : "utf8";
    const position = typeof second === "number" ? second : null;
    return { position, bytes: Buffer.from(data, encoding).subarray(0, count) };
  }
  const given =
    typeof second === "object" && second !== null ? second : { offset: second ?? 0, position: fourth };
  const { offset = 0, position = null } = given;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // A copy: the caller may use its buffer again.
  return { position: position ?? null, bytes: bytes.slice(offset, offset + count) };
}

/** How many bytes were written, in the words of each kind of call. */
export function countOf(result: unknown): number {
  if (typeof result === "number") return result;
  return typeof result === "object" && result !== null && "bytesWritten" in result
    ? Number(result.bytesWritten)
    : 0;
}
