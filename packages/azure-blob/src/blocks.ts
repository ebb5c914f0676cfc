import { type RecordToWrite, TAIL_CONTEXT_BYTES, USUAL_TRAILER_MAX_BYTES } from "@threadstore/core/driver";

const HEADER = /^\n?\{"keep":(\d+),"append":(\d+)\}\n/u;
const HEADER_MAX_BYTES = 64;
const HEADER_START = '\n{"keep":';

/** Returns the first block of an append blob: the whole record after a line with its length. */
export function wholeRecordBlock(bytes: Uint8Array): Buffer {
  return Buffer.concat([header(0, bytes.length), bytes]);
}

/** Returns a later block: how many bytes of the previous record to keep, and the bytes to append to them. */
export function patchBlock(keep: number, appended: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("\n"), header(keep, appended.length), appended]);
}

/**
 * Returns the block for a saved record. The trailer is always appended, so that the end of the blob is the end of the
 * record.
 */
export function changeBlock({ bytes, unchanged, trailerLength }: RecordToWrite): Buffer {
  // The last block also holds the bytes that an append needs. Of a short record, it reads all blocks.
  const contextLength = bytes.length > USUAL_TRAILER_MAX_BYTES ? TAIL_CONTEXT_BYTES : 0;
  const keep = Math.max(0, Math.min(unchanged, bytes.length - trailerLength - contextLength));
  return patchBlock(keep, bytes.subarray(keep));
}

/**
 * Returns the part of the last block in the last bytes of a blob; `undefined` if that is uncertain, because the header of
 * the block may be cut off.
 */
export function lastBlockIn(bytes: Buffer): Buffer | undefined {
  for (let end = bytes.length; ;) {
    const position = end > 0 ? bytes.lastIndexOf(HEADER_START, end - 1) : -1;
    if (position < 0) return bytes.length > HEADER_MAX_BYTES ? bytes.subarray(HEADER_MAX_BYTES) : undefined;
    const match = HEADER.exec(bytes.toString("latin1", position, position + HEADER_MAX_BYTES));
    const start = position + (match?.[0].length ?? 0);
    // Content can look like a header. It is part of the last block, too, if it lies in that block.
    if (match !== null && start + Number(match[2]) === bytes.length) return bytes.subarray(start);
    end = position;
  }
}

function header(keep: number, append: number): Buffer {
  return Buffer.from(`{"keep":${keep},"append":${append}}\n`);
}

export interface DecodedBlocks {
  readonly record: Buffer;
  readonly blockCount: number;
  /** Whether all of the content consists of blocks. */
  readonly isIntact: boolean;
}

/**
 * Returns the record in the content of a blob, and the number of its blocks. Content in any other format is returned
 * as the record: that is how a block blob stores it, and core reports anything else as corrupt.
 */
export function decodeBlocks(content: Buffer): DecodedBlocks {
  const parts: Buffer[] = [];
  let length = 0;
  let blockCount = 0;
  for (let position = 0; position < content.length; blockCount += 1) {
    const match = HEADER.exec(content.toString("latin1", position, position + HEADER_MAX_BYTES));
    const keep = Number(match?.[1]);
    const start = position + (match?.[0].length ?? 0);
    const end = start + Number(match?.[2]);
    // Without a header, these numbers are NaN and the comparison is false too.
    if (!(keep <= length && end <= content.length)) {
      return { record: content, blockCount, isIntact: false };
    }
    dropLast(parts, length - keep);
    parts.push(content.subarray(start, end));
    length = keep + end - start;
    position = end;
  }
  // The only block of a blob is not copied. Of several, the record must not keep the outdated bytes in memory.
  const [first] = parts;
  const record = blockCount === 1 && first !== undefined ? first : Buffer.concat(parts);
  return { record, blockCount, isIntact: true };
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
