import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";

const INITIAL_BYTES = 65_536;
/**
 * A reusable buffer for texts that are only needed in UTF-8 for a moment. Short-lived memory outside the heap makes
 * engines collect garbage far too often.
 */
export class ScratchBuffer {
  /** Longer texts get a new buffer. */
  static readonly MAX_BYTES: number = 4_194_304;

  #buffer = ByteBuffer.allocUnsafeSlow(INITIAL_BYTES);

  /** Encodes the concatenation of `texts`. The result is valid until the next call. */
  encode(...texts: readonly string[]): Bytes {
    // A UTF-16 unit takes at most three bytes. If that fits, the exact length need not be computed.
    const upperBound = 3 * texts.reduce((sum, { length }) => sum + length, 0);
    if (upperBound > this.#buffer.length && !this.#grow(texts)) return ByteBuffer.from(texts.join(""));
    let end = 0;
    for (const text of texts) end += this.#buffer.write(text, end);
    return this.#buffer.subarray(0, end);
  }

  /** Encodes the concatenation of `texts`, and returns where each of them ends, counted from `start`. */
  encodeParts(texts: readonly string[], start: number): { readonly bytes: Bytes; readonly ends: number[] } {
    const upperBound = 3 * texts.reduce((sum, { length }) => sum + length, 0);
    let end = 0;
    if (upperBound > this.#buffer.length && !this.#grow(texts)) {
      const ends = texts.map((text) => start + (end += ByteBuffer.byteLength(text)));
      return { bytes: ByteBuffer.from(texts.join("")), ends };
    }
    const ends = texts.map((text) => start + (end += this.#buffer.write(text, end)));
    return { bytes: this.#buffer.subarray(0, end), ends };
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
