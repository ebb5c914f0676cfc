import { ByteBuffer } from "#platform";
import { commonLength } from "./equal-length.ts";
import type { ThreadRecord } from "./record.ts";
import { ScratchBuffer } from "./scratch-buffer.ts";

/** A text of at least so many characters is kept after a save, to be compared with the text that replaces it. */
export const LONG_TEXT: number = ScratchBuffer.MAX_BYTES;

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
  const characters = commonLength(text, replaced.text);
  if (2 * characters < text.length) return undefined;
  const other = ByteBuffer.byteLength(replaced.text.slice(characters));
  return { characters, bytes: replaced.record.trailer.size - other };
}
