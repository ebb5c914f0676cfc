const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The value of each character, by its code. Accepts the characters of ordinary base64, too. */
const VALUES = new Map<string, number>([
  ...Array.from(ALPHABET, (character, value) => [character, value] as const),
  ["+", 62],
  ["/", 63],
]);

/** Encodes bytes in base64url, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const [first = 0, second, third] = bytes.subarray(index, index + 3);
    const word = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    const length = second === undefined ? 2 : third === undefined ? 3 : 4;
    for (let digit = 0; digit < length; digit += 1) text += ALPHABET[(word >> (18 - 6 * digit)) & 63];
  }
  return text;
}

/** Decodes base64url. Ignores characters outside the alphabet, and bits that do not complete a byte. */
export function decodeBase64url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let [length, word, bits] = [0, 0, 0];
  for (const character of text) {
    const value = VALUES.get(character);
    if (value === undefined) continue;
    word = ((word << 6) | value) & 0xff_ff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = word >> bits;
    length += 1;
  }
  return bytes.subarray(0, length);
}
