import { encodeUtf8 } from "./utf8.ts";

const POLYNOMIAL = 0xed_b8_83_20;

const TABLE = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
});

/** Returns the CRC-32 of `data`, which continues from `value`. */
export function crc32(data: string | Uint8Array, value: number = 0): number {
  const bytes = typeof data === "string" ? encodeUtf8(data) : data;
  let crc = ~value;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
