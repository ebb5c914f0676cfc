import type { RecordToWrite } from "@threadstore/core";

const HEADER = /^\n?\{"keep":(\d+),"append":(\d+)\}\n/u;
const HEADER_MAX_BYTES = 64;

/** The first block of an append blob: the whole record, to the byte, behind a line that says how long it is. */
export function wholeBlock({ bytes }: RecordToWrite): Buffer {
  return Buffer.concat([header(0, bytes.length), bytes]);
}

/**
 * A later block: how much of the record before it stays, and what comes behind that. The trailer is always
 * among it, so that the end of the blob is the end of the record.
 */
export function patchBlock({ bytes, unchanged, trailerLength }: RecordToWrite): Buffer {
  const keep = Math.min(unchanged, bytes.length - trailerLength);
  const rest = bytes.subarray(keep);
  return Buffer.concat([Buffer.from("\n"), header(keep, rest.length), rest]);
}

function header(keep: number, append: number): Buffer {
  return Buffer.from(`{"keep":${keep},"append":${append}}\n`);
}

/**
 * The record that a blob holds, and of how many blocks it is. What is not in our blocks is taken as the record
 * itself: a block blob holds it so, and of anything else core will say that it is damaged.
 */
export function recordIn(blob: Buffer): { readonly record: Buffer; readonly blocks: number } {
  const parts: Buffer[] = [];
  let length = 0;
  let blocks = 0;
  for (let position = 0; position < blob.length; blocks += 1) {
    const match = HEADER.exec(blob.toString("latin1", position, position + HEADER_MAX_BYTES));
    const keep = Number(match?.[1]);
    const start = position + (match?.[0].length ?? 0);
    const end = start + Number(match?.[2]);
    // Also when there is no header, and all of these are NaN.
    if (!(keep <= length && end <= blob.length)) return { record: blob, blocks };
    cut(parts, length - keep);
    parts.push(blob.subarray(start, end));
    length = keep + end - start;
    position = end;
  }
  return { record: Buffer.concat(parts), blocks };
}

/** Takes so many bytes off the end. */
function cut(parts: Buffer[], bytes: number): void {
  let excess = bytes;
  while (excess > 0) {
    const last = parts.pop();
    if (last === undefined) return;
    if (last.length > excess) parts.push(last.subarray(0, last.length - excess));
    excess -= last.length;
  }
}
