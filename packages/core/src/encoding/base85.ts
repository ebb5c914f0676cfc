import { ByteBuffer } from "#platform";

/**
 * The alphabet of Z85 (https://rfc.zeromq.org/spec/32/): no character of it is escaped in JSON. Four bytes take five
 * characters, where base64 takes five and a third.
 */
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const BASE = 85;
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const INVALID = 255;
const VALUES = new Uint8Array(256).fill(INVALID);
for (const [value, code] of CODES.entries()) VALUES[code] = value;

/** Encodes bytes as text. The last one to three bytes take one character more than bytes. */
export function bytesToBase85(bytes: Uint8Array): string {
  const rest = bytes.length % 4;
  const text = ByteBuffer.alloc(Math.floor(bytes.length / 4) * 5 + (rest === 0 ? 0 : rest + 1));
  let position = 0;
  for (let index = 0; index < bytes.length; index += 4) {
    const count = Math.min(4, bytes.length - index);
    let value = 0;
    for (let offset = 0; offset < 4; offset += 1) value = value * 256 + (bytes[index + offset] ?? 0);
    for (let offset = 4; offset >= 0; offset -= 1) {
      const digit = value % BASE;
      value = (value - digit) / BASE;
      if (offset <= count) text[position + offset] = CODES[digit] ?? 0;
    }
    position += count + 1;
  }
  return text.toString("latin1");
}

/** Reverses `bytesToBase85`. Throws a `SyntaxError` unless the text is exactly what that function returns. */
export function base85ToBytes(text: string): Uint8Array<ArrayBuffer> {
  const rest = text.length % 5;
  if (rest === 1) throw invalidText();
  const bytes = new Uint8Array(Math.floor(text.length / 5) * 4 + (rest === 0 ? 0 : rest - 1));
  let position = 0;
  for (let index = 0; index < text.length; index += 5) {
    const count = Math.min(5, text.length - index);
    let value = 0;
    for (let offset = 0; offset < 5; offset += 1) {
      // Padding with the highest digit restores the bytes that were padded with zeros.
      const digit = offset < count ? digitOf(text.charCodeAt(index + offset)) : BASE - 1;
      value = value * BASE + digit;
    }
    if (value > 0xff_ff_ff_ff) {
      if (count === 5) throw invalidText();
      value = 0xff_ff_ff_ff;
    }
    for (let offset = 0; offset < count - 1; offset += 1) {
      bytes[position + offset] = Math.floor(value / 2 ** (24 - 8 * offset)) & 0xff;
    }
    position += count - 1;
  }
  if (rest !== 0 && !text.endsWith(bytesToBase85(bytes.subarray(-(rest - 1))))) throw invalidText();
  return bytes;
}

function digitOf(code: number): number {
  const digit = VALUES[code] ?? INVALID;
  if (digit === INVALID) throw invalidText();
  return digit;
}

function invalidText(): SyntaxError {
  return new SyntaxError("The text is not base85.");
}
