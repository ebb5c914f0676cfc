import { describe, expect, it } from "vitest";
import { suiteSettings } from "../../suite/settings.ts";
import { type Amounts, type CrashContext, KillCount } from "./kill-count.ts";

const context: CrashContext = {
  settings: suiteSettings({ effort: "full" }),
  signal: new AbortController().signal,
  timeoutFactor: 1,
  close: async () => undefined,
};
const AMOUNTS: Amounts = {
  quick: { min: 1, max: 2, enoughMs: 0 },
  full: { min: 6, max: 6, enoughMs: 0 },
};

function count(hits: readonly boolean[]): KillCount {
  const kills = new KillCount(context, AMOUNTS);
  for (const isHit of hits) kills.add(isHit);
  return kills;
}

describe("KillCount", () => {
  it("needs enough kills and enough hits among them", () => {
    expect(count([true, true, true, true, true]).needsMore()).toBe(true);
    const mostlyMisses = [false, false, false, false, false, true];
    expect(count(mostlyMisses).needsMore()).toBe(true);
    expect(count([...mostlyMisses, true, true]).needsMore()).toBe(false);
  });

  it("fails if there are too few hits to be conclusive", () => {
    expect(() => count([false, false, false, false, false, false]).assertConclusive()).toThrow(
      /hit a save or delete in progress for a conclusive result. Actual: 0 of 6 did, within \d+ ms/u,
    );
    expect(() => count([true, true]).assertConclusive()).toThrow("2 of 2 did");
    expect(count([true, false, true, false, true, false]).needsMore()).toBe(false);
  });

  it("stops when the case is aborted", () => {
    const aborted = { ...context, signal: AbortSignal.abort() };
    expect(new KillCount(aborted, AMOUNTS).needsMore()).toBe(false);
  });
});
