import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { suiteSettings } from "./settings.ts";

describe("suiteSettings", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it("has defaults", () => {
    // The test run sets these itself.
    for (const name of ["EFFORT", "SEED", "RUNS", "REPLAY", "HISTORIES"]) {
      vi.stubEnv(`THREADSTORE_CONFORMANCE_${name}`, undefined);
    }
    expect(suiteSettings()).toEqual({
      effort: "full",
      seed: 1,
      randomRuns: undefined,
      replay: undefined,
      historyFolder: tmpdir(),
    });
  });

  it("reads environment variables, which options override", () => {
    vi.stubEnv("THREADSTORE_CONFORMANCE_EFFORT", "quick");
    vi.stubEnv("THREADSTORE_CONFORMANCE_SEED", "7");
    vi.stubEnv("THREADSTORE_CONFORMANCE_RUNS", "8");
    vi.stubEnv("THREADSTORE_CONFORMANCE_REPLAY", "1:2/A/B:C");
    vi.stubEnv("THREADSTORE_CONFORMANCE_HISTORIES", "/histories");
    const replay = { path: "1:2", replayPath: "A/B:C" };
    expect(suiteSettings()).toEqual({
      effort: "quick",
      seed: 7,
      randomRuns: 8,
      replay,
      historyFolder: "/histories",
    });
    expect(suiteSettings({ seed: 1, randomRuns: 2 })).toMatchObject({ seed: 1, randomRuns: 2 });
  });

  it("names the setting that is invalid", () => {
    expect(() => suiteSettings({ replay: "x" })).toThrow(
      "x cannot be replayed. Copy the value from the message of a failure.",
    );
    vi.stubEnv("THREADSTORE_CONFORMANCE_SEED", "a");
    expect(() => suiteSettings()).toThrow("THREADSTORE_CONFORMANCE_SEED must be an integer, not a.");
    vi.stubEnv("THREADSTORE_CONFORMANCE_EFFORT", "some");
    expect(() => suiteSettings()).toThrow("The effort must be quick or full, not some.");
  });
});
