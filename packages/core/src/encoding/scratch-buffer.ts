import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";

const INITIAL_BYTES = 65_536;
/** The bytes of the longest character in UTF-8. */
const LONGEST_CHARACTER = 4;

/**
 * A reusable buffer for texts that are only needed in UTF-8 for a moment. Short-lived memory outside the heap makes
 * engines collect garbage far too often.
 */
export class ScratchBuffer {
  /** Longer texts get a new buffer. */
  static readonly MAX_BYTES: number = 4_194_304;

  #buffer = ByteBuffer.allocUnsafeSlow(INITIAL_BYTES);

  /** Encodes the concatenation of `texts`. The result is valid until the next call. */
  encode(texts: readonly string[]): Bytes {
    let end = this.#write(texts);
    if (end === undefined) {
      if (!this.#grow(texts)) return ByteBuffer.from(texts.join(""));
      end = texts.reduce((from, text) => from + this.#buffer.write(text, from), 0);
    }
    return this.#buffer.subarray(0, end);
  }

  /**
   * Writes the texts if the buffer is large enough for them, and returns where they end. Most texts need one byte for
   * each character. Computing the exact length takes longer than writing.
   */
  #write(texts: readonly string[]): number | undefined {
    const capacity = this.#buffer.length - LONGEST_CHARACTER;
    if (texts.reduce((sum, { length }) => sum + length, 0) > capacity) return undefined;
    let end = 0;
    for (const text of texts) {
      end += this.#buffer.write(text, end);
      // A text is cut off only where its next character does not fit.
      if (end > capacity) return undefined;
    }
    return end;
  }

  /** Makes the buffer large enough for `texts`, and returns whether that is within the limit. */
  #grow(texts: readonly string[]): boolean {
    const size = texts.reduce((sum, text) => sum + ByteBuffer.byteLength(text), 0);
    if (size > ScratchBuffer.MAX_BYTES) return false;
    if (size > this.#buffer.length)
      this.#buffer = ByteBuffer.allocUnsafeSlow(Math.min(4 * size, ScratchBuffer.MAX_BYTES));
    return true;
  }
}
