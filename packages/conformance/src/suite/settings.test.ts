import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { suiteSettings } from "./settings.ts";

describe("the settings of a run", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it("have defaults", () => {
    // What the run of the tests itself was told.
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

  it("come from the environment where no option says otherwise", () => {
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

  it("say which of them cannot be read", () => {
    expect(() => suiteSettings({ replay: "x" })).toThrow("x is not what the message of a failure says");
    vi.stubEnv("THREADSTORE_CONFORMANCE_SEED", "a");
    expect(() => suiteSettings()).toThrow("THREADSTORE_CONFORMANCE_SEED has to be a whole number, not a.");
    vi.stubEnv("THREADSTORE_CONFORMANCE_EFFORT", "some");
    expect(() => suiteSettings()).toThrow("The effort has to be quick or full, not some.");
  });
});
