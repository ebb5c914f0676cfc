import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import * as platform from "#platform";
import { type Checksum, checksum } from "./checksum.ts";

/** Returns bytes that differ at each position, and those that replace them from `unchanged` on. */
function versions(length: number, unchanged: number, added: number): [Buffer, Buffer] {
  const before = Buffer.alloc(length, randomBytes(251));
  const kept = Math.min(unchanged, length);
  return [before, Buffer.concat([before.subarray(0, kept), Buffer.alloc(added, "x")])];
}

/** The parts of a checksum that do not depend on what it resumed from. */
function sumOf(bytes: Buffer): Pick<Checksum, "value" | "blocks"> {
  const { value, blocks } = checksum(bytes);
  return { value, blocks };
}

describe("a checksum", () => {
  it("is the same, whatever it resumes from", () => {
    const position = fc.oneof(fc.nat(200), fc.nat(70_000), fc.constantFrom(16_384, 32_768, 16_448, 16_320));
    fc.assert(
      fc.property(position, position, position, position, (length, unchanged, added, again) => {
        const [first, second] = versions(length, unchanged, added);
        const replaced = checksum(first);
        const common = Math.min(unchanged, length);
        const resumed = checksum(second, replaced, common);
        expect(resumed).toMatchObject(sumOf(second));
        const third = Buffer.concat([second.subarray(0, again), Buffer.alloc(100, "z")]);
        expect(checksum(third, resumed, Math.min(again, second.length))).toMatchObject(sumOf(third));
      }),
      { numRuns: 500 },
    );
  });

  it("of a thread that grows reads what was added, and some closing brackets", () => {
    const [first, second] = versions(1_000_000, 999_998, 1500);
    const replaced = checksum(first);
    const crc32 = vi.spyOn(platform, "crc32");
    checksum(second, replaced, 999_998);
    const read = crc32.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);
    expect(read).toBeGreaterThan(1500);
    expect(read).toBeLessThan(1700);
    crc32.mockRestore();
  });
});
