import type { RecordToWrite } from "@threadstore/core/driver";

const HEADER = /^\n?\{"keep":(\d+),"append":(\d+)\}\n/u;
const HEADER_MAX_BYTES = 64;

/** Returns the first block of an append blob: the whole record after a line with its length. */
export function wholeRecordBlock({ bytes }: RecordToWrite): Buffer {
  return Buffer.concat([header(0, bytes.length), bytes]);
}

/**
 * Returns a later block: how many bytes of the previous record to keep, and the bytes to append to them. The trailer
 * is always appended, so that the end of the blob is the end of the record.
 */
export function patchBlock({ bytes, unchanged, trailerLength }: RecordToWrite): Buffer {
  const keep = Math.min(unchanged, bytes.length - trailerLength);
  const appended = bytes.subarray(keep);
  return Buffer.concat([Buffer.from("\n"), header(keep, appended.length), appended]);
}

function header(keep: number, append: number): Buffer {
  return Buffer.from(`{"keep":${keep},"append":${append}}\n`);
}

/**
 * Returns the record in the content of a blob, and the number of its blocks. Content in any other format is returned
 * as the record: that is how a block blob stores it, and core reports anything else as corrupt.
 */
export function decodeBlocks(content: Buffer): { readonly record: Buffer; readonly blockCount: number } {
  const parts: Buffer[] = [];
  let length = 0;
  let blockCount = 0;
  for (let position = 0; position < content.length; blockCount += 1) {
    const match = HEADER.exec(content.toString("latin1", position, position + HEADER_MAX_BYTES));
    const keep = Number(match?.[1]);
    const start = position + (match?.[0].length ?? 0);
    const end = start + Number(match?.[2]);
    // Without a header, these numbers are NaN and the comparison is false too.
    if (!(keep <= length && end <= content.length)) return { record: content, blockCount };
    dropLast(parts, length - keep);
    parts.push(content.subarray(start, end));
    length = keep + end - start;
    position = end;
  }
  return { record: Buffer.concat(parts), blockCount };
}

/** Removes that many bytes from the end. */
function dropLast(parts: Buffer[], byteCount: number): void {
  let excess = byteCount;
  while (excess > 0) {
    const last = parts.pop();
    if (last === undefined) return;
    if (last.length > excess) parts.push(last.subarray(0, last.length - excess));
    excess -= last.length;
  }
}
