import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { rewindCrc32 } from "./rewind-crc32.ts";

it.each([0, 1, 2, 3, 64, 5000])("removes the last %d bytes from a CRC-32", (length) => {
  for (let round = 0; round < 20; round += 1) {
    const [start, end] = [randomBytes(round * 7), randomBytes(length)];
    expect(rewindCrc32(crc32(Buffer.concat([start, end])), end)).toBe(crc32(start));
  }
});
