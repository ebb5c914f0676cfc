/** Longer texts get a buffer of their own. */
const MOST_BYTES = 4_194_304;

/** Encodes texts of which one at a time is needed, and only for moments. */
export class Scratch {
  #room = Buffer.allocUnsafeSlow(65_536);

  /**
   * The texts, one behind the other, in UTF-8; valid until the next call. Memory outside of the heap that lives for
   * moments only makes engines collect garbage much too often.
   */
  encode(...texts: readonly string[]): Buffer {
    // A unit of a text takes three bytes at most: where there is room for that, nobody needs to count.
    const most = 3 * texts.reduce((sum, { length }) => sum + length, 0);
    if (most > this.#room.length && !this.#makeRoom(texts)) return Buffer.from(texts.join(""));
    let end = 0;
    for (const text of texts) end += this.#room.write(text, end);
    return this.#room.subarray(0, end);
  }

  #makeRoom(texts: readonly string[]): boolean {
    const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (size > MOST_BYTES) return false;
    if (size > this.#room.length) this.#room = Buffer.allocUnsafeSlow(Math.min(4 * size, MOST_BYTES));
    return true;
  }
}
