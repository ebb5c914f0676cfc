import { describe, expect, it } from "vitest";
import { borrow, giveBack } from "./buffer-pool.ts";

describe("borrowed memory", () => {
  it("is what was given back last and is large enough, and nobody else's", () => {
    const [first, second] = [borrow(10_000), borrow(10_000)];
    expect(first).not.toBe(second);
    giveBack(first);
    giveBack(second);
    expect(borrow(10_100)).toBe(second);
    expect(borrow(9_000)).toBe(first);
    expect(borrow(10_000).length).toBeGreaterThanOrEqual(10_000);
  });

  it("is not much larger than what is asked for", () => {
    giveBack(borrow(1_000_000));
    expect(borrow(5_000).length).toBeLessThan(20_000);
  });

  it("is kept in measure, the last first", () => {
    const large = Array.from({ length: 5 }, () => borrow(3_000_000));
    for (const buffer of large) giveBack(buffer);
    expect([borrow(3_000_000), borrow(3_000_000)]).toEqual([large[4], large[3]]);
    expect(large).not.toContain(borrow(3_000_000));
    const small = Array.from({ length: 100 }, () => borrow(100));
    for (const buffer of small) giveBack(buffer);
    const again = Array.from({ length: 100 }, () => borrow(100));
    expect(again.filter((buffer) => small.includes(buffer))).toHaveLength(64);
  });
});
