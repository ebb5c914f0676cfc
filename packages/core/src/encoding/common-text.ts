import { ByteBuffer } from "#platform";
import type { ThreadRecord } from "./record.ts";
import { ScratchBuffer } from "./scratch-buffer.ts";

/** A text of at least so many characters is kept after a save, to be compared with the text that replaces it. */
export const LONG_TEXT: number = ScratchBuffer.MAX_BYTES;

const BLOCK_LENGTH = 65_536;
/** Comparing so many characters one by one takes about as long as comparing two slices. */
const SLICE_MIN_LENGTH = 32;

/** The beginning that two texts have in common. */
export interface CommonText {
  readonly characters: number;
  readonly bytes: number;
}

/**
 * Returns the common beginning of `text` and the text of the record; `undefined` if that is less than half of it. Engines
 * compare slices of strings as fast as memory, and what is the same need not be encoded.
 */
export function commonText(
  text: string,
  replaced: { readonly record: ThreadRecord; readonly text: string },
): CommonText | undefined {
  let characters = commonLength(text, replaced.text);
  // The characters before must be well-formed on their own.
  if (isHighSurrogate(text.charCodeAt(characters - 1))) characters -= 1;
  if (2 * characters < text.length) return undefined;
  const other = ByteBuffer.byteLength(replaced.text.slice(characters));
  return { characters, bytes: replaced.record.trailer.size - other };
}

function commonLength(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  let from = 0;
  let step = BLOCK_LENGTH;
  while (from < end) {
    const to = Math.min(from + step, end);
    if (left.slice(from, to) === right.slice(from, to)) from = to;
    else if (to - from > SLICE_MIN_LENGTH) step = Math.ceil((to - from) / 2);
    else {
      while (left.charCodeAt(from) === right.charCodeAt(from)) from += 1;
      return from;
    }
  }
  return end;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd8_00 && code < 0xdc_00;
}
