const POLYNOMIAL = 0xedb88320;

/** A table of CRC-32, and which entry of it has a certain highest byte. Each byte occurs once. */
interface Tables {
  readonly entries: readonly number[];
  readonly indexByHighestByte: readonly number[];
}

/** Created by the first append, because most of the time is that of code that runs for the first time. */
let tables: Tables | undefined;

/** Returns the CRC-32 of data without its last bytes, given the CRC-32 of the complete data and those bytes. */
export function rewindCrc32(crc: number, lastBytes: Uint8Array): number {
  tables ??= createTables();
  const { entries, indexByHighestByte } = tables;
  let register = ~crc >>> 0;
  for (let position = lastBytes.length - 1; position >= 0; position -= 1) {
    const index = indexByHighestByte[register >>> 24] ?? 0;
    const byte = lastBytes[position] ?? 0;
    register = (((register ^ (entries[index] ?? 0)) << 8) | (index ^ byte)) >>> 0;
  }
  return ~register >>> 0;
}

function createTables(): Tables {
  const entries = Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value >>> 0;
  });
  return { entries, indexByHighestByte: invert(entries.map((value) => value >>> 24)) };
}

function invert(values: readonly number[]): readonly number[] {
  const inverse: number[] = Array.from({ length: values.length }, () => 0);
  for (const [index, value] of values.entries()) inverse[value] = index;
  return inverse;
}
