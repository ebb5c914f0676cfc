const POLYNOMIAL = 0xedb88320;

const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

/** Which entry of the table has a certain highest byte. Each byte occurs once. */
const INDEX_BY_HIGHEST_BYTE: readonly number[] = invert(TABLE.map((value) => value >>> 24));

/** Returns the CRC-32 of data without its last bytes, given the CRC-32 of the complete data and those bytes. */
export function rewindCrc32(crc: number, lastBytes: Uint8Array): number {
  let register = ~crc >>> 0;
  for (let position = lastBytes.length - 1; position >= 0; position -= 1) {
    const index = INDEX_BY_HIGHEST_BYTE[register >>> 24] ?? 0;
    const byte = lastBytes[position] ?? 0;
    register = (((register ^ (TABLE[index] ?? 0)) << 8) | (index ^ byte)) >>> 0;
  }
  return ~register >>> 0;
}

function invert(values: readonly number[]): readonly number[] {
  const inverse: number[] = Array.from({ length: values.length }, () => 0);
  for (const [index, value] of values.entries()) inverse[value] = index;
  return inverse;
}
