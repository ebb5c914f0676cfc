import { describe, expect, it } from "vitest";
import { suiteSettings } from "../../suite/settings.ts";
import { type CrashContext, KillCount } from "./kill-count.ts";

const context: CrashContext = {
  settings: suiteSettings({ effort: "full" }),
  signal: new AbortController().signal,
  timeoutFactor: 1,
  close: async () => undefined,
};
const amounts = {
  quick: { least: 1, most: 2, enoughMs: 0 },
  full: { least: 6, most: 6, enoughMs: 0 },
};

function count(isInside: readonly boolean[]): KillCount {
  const kills = new KillCount(context, amounts);
  for (const each of isInside) kills.add(each);
  return kills;
}

describe("a count of kills", () => {
  it("goes on until there are enough, and enough of them inside a save", () => {
    expect(count([true, true, true, true, true]).goesOn()).toBe(true);
    const outside = [false, false, false, false, false, true];
    expect(count(outside).goesOn()).toBe(true);
    expect(count([...outside, true, true]).goesOn()).toBe(false);
  });

  it("says of too few that they prove nothing", () => {
    expect(() => count([false, false, false, false, false, false]).provesSomething()).toThrow(
      /often enough inside a save or delete to judge by. Actual: of 6 ends 0 met one, within \d+ ms/u,
    );
    expect(() => count([true, true]).provesSomething()).toThrow("of 2 ends 2 met one");
    expect(count([true, false, true, false, true, false]).goesOn()).toBe(false);
  });

  it("ends with the case", () => {
    const aborted = { ...context, signal: AbortSignal.abort() };
    expect(new KillCount(aborted, amounts).goesOn()).toBe(false);
  });
});
