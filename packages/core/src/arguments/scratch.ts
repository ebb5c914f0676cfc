/** Longer texts get a buffer of their own. */
const MOST_BYTES = 4_194_304;

let room = Buffer.allocUnsafeSlow(65_536);

/**
 * A text in UTF-8, valid until the next call: memory outside of the heap that lives for moments only makes engines
 * collect garbage much too often.
 */
export function encodedForNow(text: string): Buffer {
  const size = Buffer.byteLength(text);
  if (size > MOST_BYTES) return Buffer.from(text);
  if (size > room.length) room = Buffer.allocUnsafeSlow(Math.min(2 * size, MOST_BYTES));
  room.write(text);
  return room.subarray(0, size);
}
