import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { randomSettings } from "./settings.ts";

describe("the settings of random calls", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it("have defaults", () => {
    expect(randomSettings()).toEqual({
      seed: 1,
      randomRuns: undefined,
      replay: undefined,
      historyFolder: tmpdir(),
    });
  });

  it("come from the environment where no option says otherwise", () => {
    vi.stubEnv("THREADSTORE_CONFORMANCE_SEED", "7");
    vi.stubEnv("THREADSTORE_CONFORMANCE_RUNS", "8");
    vi.stubEnv("THREADSTORE_CONFORMANCE_REPLAY", "1:2/A/B:C");
    vi.stubEnv("THREADSTORE_CONFORMANCE_HISTORIES", "/histories");
    const replay = { path: "1:2", replayPath: "A/B:C" };
    expect(randomSettings()).toEqual({ seed: 7, randomRuns: 8, replay, historyFolder: "/histories" });
    expect(randomSettings({ seed: 1, randomRuns: 2 })).toMatchObject({ seed: 1, randomRuns: 2 });
  });

  it("say which of them cannot be read", () => {
    expect(() => randomSettings({ replay: "x" })).toThrow("x is not what the message of a failure says");
    vi.stubEnv("THREADSTORE_CONFORMANCE_SEED", "a");
    expect(() => randomSettings()).toThrow("THREADSTORE_CONFORMANCE_SEED has to be a whole number, not a.");
  });
});
