import { ByteBuffer } from "#platform";

/**
 * The alphabet of Z85 (https://rfc.zeromq.org/spec/32/): no character of it is escaped in JSON. Four bytes take five
 * characters, where base64 takes five and a third.
 */
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const BASE = 85;
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
/** The digits of each number of two digits. */
const FIRST_CODES = Uint8Array.from({ length: BASE ** 2 }, (_, pair) => CODES[Math.floor(pair / BASE)] ?? 0);
const SECOND_CODES = Uint8Array.from({ length: BASE ** 2 }, (_, pair) => CODES[pair % BASE] ?? 0);
const UINT32_MAX = 0xff_ff_ff_ff;
const INVALID = 255;
const VALUES = new Uint8Array(256).fill(INVALID);
for (const [value, code] of CODES.entries()) VALUES[code] = value;

/** For short texts, because memory outside of the heap for each of them would trigger garbage collections. */
const SHARED_BYTES = 16_384;
const shared = ByteBuffer.allocUnsafeSlow(SHARED_BYTES);

/** Encodes bytes as text. The last one to three bytes take one character more than bytes. */
export function bytesToBase85(bytes: Uint8Array): string {
  const rest = bytes.length % 4;
  const length = Math.floor(bytes.length / 4) * 5 + (rest === 0 ? 0 : rest + 1);
  // The last group may be written in part only.
  const text = length + 5 <= SHARED_BYTES ? shared : ByteBuffer.allocUnsafeSlow(length + 5);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;
  let index = 0;
  for (; index + 4 <= bytes.length; index += 4, position += 5)
    writeGroup(text, position, view.getUint32(index));
  if (rest > 0) {
    const padded = new Uint8Array(4);
    padded.set(bytes.subarray(index));
    writeGroup(text, position, new DataView(padded.buffer).getUint32(0));
  }
  return text.toString("latin1", 0, length);
}

/**
 * Writes the five digits of a value. Two divisions of integers, whose operators tell engines that they are of 32 bits, and
 * tables of two digits make this several times faster.
 */
function writeGroup(text: Uint8Array, position: number, value: number): void {
  const first = (value / BASE ** 3) >>> 0;
  const others = (value - first * BASE ** 3) >>> 0;
  const second = (others / BASE) >>> 0;
  text[position] = FIRST_CODES[first] ?? 0;
  text[position + 1] = SECOND_CODES[first] ?? 0;
  text[position + 2] = FIRST_CODES[second] ?? 0;
  text[position + 3] = SECOND_CODES[second] ?? 0;
  text[position + 4] = CODES[others - second * BASE] ?? 0;
}

/** Reverses `bytesToBase85`. Throws a `SyntaxError` unless the text is exactly what that function returns. */
export function base85ToBytes(text: string): Uint8Array {
  const rest = text.length % 5;
  if (rest === 1) throw invalidText();
  const bytes = new Uint8Array(Math.floor(text.length / 5) * 4 + (rest === 0 ? 0 : rest - 1));
  const view = new DataView(bytes.buffer);
  const complete = text.length - rest;
  let position = 0;
  for (let index = 0; index < complete; index += 5, position += 4) {
    const value = readGroup(text, index);
    if (value > UINT32_MAX) throw invalidText();
    view.setUint32(position, value);
  }
  if (rest === 0) return bytes;
  // Padding with the highest digit restores the bytes that were padded with zeros.
  const padded = text.slice(complete).padEnd(5, "#");
  const last = new DataView(new ArrayBuffer(4));
  last.setUint32(0, Math.min(readGroup(padded, 0), UINT32_MAX));
  bytes.set(new Uint8Array(last.buffer, 0, rest - 1), position);
  if (!text.endsWith(bytesToBase85(bytes.subarray(position)))) throw invalidText();
  return bytes;
}

/** Returns the value of five digits. */
function readGroup(text: string, index: number): number {
  const high = digitAt(text, index) * BASE + digitAt(text, index + 1);
  const low = (digitAt(text, index + 2) * BASE + digitAt(text, index + 3)) * BASE + digitAt(text, index + 4);
  return high * BASE ** 3 + low;
}

function digitAt(text: string, index: number): number {
  const digit = VALUES[text.charCodeAt(index)] ?? INVALID;
  if (digit === INVALID) throw invalidText();
  return digit;
}

function invalidText(): SyntaxError {
  return new SyntaxError("The text is not base85.");
}
