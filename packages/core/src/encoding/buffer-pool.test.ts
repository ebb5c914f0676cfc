import { describe, expect, it } from "vitest";
import { acquireBuffer, releaseBuffer } from "./buffer-pool.ts";

describe("buffer pool", () => {
  it("returns the most recently released buffer that is large enough, to one caller at a time", () => {
    const [first, second] = [acquireBuffer(10_000), acquireBuffer(10_000)];
    expect(first).not.toBe(second);
    releaseBuffer(first);
    releaseBuffer(second);
    expect(acquireBuffer(10_100)).toBe(second);
    expect(acquireBuffer(9_000)).toBe(first);
    expect(acquireBuffer(10_000).length).toBeGreaterThanOrEqual(10_000);
  });

  it("does not return a much larger buffer", () => {
    releaseBuffer(acquireBuffer(1_000_000));
    expect(acquireBuffer(5_000).length).toBeLessThan(20_000);
  });

  it("keeps a limited number of buffers and bytes, the most recent first", () => {
    const large = Array.from({ length: 5 }, () => acquireBuffer(3_000_000));
    for (const buffer of large) releaseBuffer(buffer);
    expect([acquireBuffer(3_000_000), acquireBuffer(3_000_000)]).toEqual([large[4], large[3]]);
    expect(large).not.toContain(acquireBuffer(3_000_000));
    const small = Array.from({ length: 100 }, () => acquireBuffer(100));
    for (const buffer of small) releaseBuffer(buffer);
    const again = Array.from({ length: 100 }, () => acquireBuffer(100));
    expect(again.filter((buffer) => small.includes(buffer))).toHaveLength(64);
  });
});
