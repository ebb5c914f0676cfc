import { describe, expect, it } from "vitest";
import { shortThreads } from "../../src/engines/random/arbitraries.ts";
import { sequentialProperty } from "../../src/engines/random/sequential-property.ts";
import type { Harness } from "../../src/index.ts";
import { contextFor } from "../../src/suite/case-context.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { type SuiteOptions, suiteSettings } from "../../src/suite/settings.ts";
import { afterEffectiveTime } from "../../src/utilities/effective-time.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";
import { killedByRandomCalls } from "./killed-by-random-calls.ts";
import { caseOf, harnessOfMutant } from "./lookup.test-helper.ts";
import { withBug } from "./mutant.ts";
import { sequenceMutants } from "./sequences.ts";

async function failureOf(harness: Harness, id: string, options: SuiteOptions): Promise<string | undefined> {
  try {
    await runCase(harness, caseOf(id), suiteSettings({ effort: "full", ...options }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function callsIn(failure: string | undefined): string[] {
  return [...(failure?.matchAll(/^ {2}\d+\. .+$/gmu) ?? [])].map(String);
}

describe("V1-16 kills mutants written for other cases", () => {
  it.each(killedByRandomCalls)("%s", async (name) => {
    let failure: string | undefined;
    // A rare bug may take more runs than one seed makes.
    for (let seed = 1; seed <= 5 && failure === undefined; seed += 1)
      failure = await failureOf(harnessOfMutant(name), "V1-16", { seed });
    expect(failure).toMatch(
      /^Expected: .+ Actual: .+\nIt happened at the last of these calls:\n {2}1\. .+/su,
    );
  });
});

describe("V1-16", () => {
  it("shortens the calls that lead to a failure and can repeat them", async () => {
    const failure = (await failureOf(harnessOfMutant("metadata merged"), "V1-16", { seed: 1 })) ?? "";
    expect(failure).toContain("the thread, version, size, times and metadata of the last save");
    expect(callsIn(failure).length).toBeGreaterThan(1);
    expect(callsIn(failure).length).toBeLessThan(6);
    const [, seed, replay = ""] = /_SEED=(\S+) THREADSTORE_CONFORMANCE_REPLAY=(\S+)$/u.exec(failure) ?? [];
    const again = await failureOf(harnessOfMutant("metadata merged"), "V1-16", {
      seed: Number(seed),
      replay,
    });
    expect(callsIn(again)).toEqual(callsIn(failure));
  });

  it("makes the same calls with the same seed, and other calls with another", async () => {
    const mutant = "metadata merged";
    const [one, same, other] = await Promise.all(
      [1, 1, 2].map((seed) => failureOf(harnessOfMutant(mutant), "V1-16", { seed })),
    );
    // Versions are different in every run.
    const planned = (failure: string | undefined): string[] =>
      callsIn(failure).map((call) => call.replace(/"[0-9a-f-]{36}"/u, "a version"));
    expect(planned(same)).toEqual(planned(one));
    expect(planned(other)).not.toEqual(planned(one));
  });

  it("makes no call after its time is up, and fails if some kinds of calls were too rare", async () => {
    let loads = 0;
    // The first load takes longer than all calls may take together.
    const slow = withBug("slow", (inner) => ({
      load: async (...parameters) => {
        loads += 1;
        await new Promise<void>((resolve) => void afterEffectiveTime(700, resolve));
        return inner.load(...parameters);
      },
    }));
    const { signal } = new AbortController();
    const settings = suiteSettings({ effort: "full", seed: 1 });
    const context = contextFor(slow, "V1-16", { signal, settings });
    const options = {
      threads: shortThreads,
      lists: true,
      clients: 1,
      reopens: false,
      quickRuns: 10,
      timeoutMs: 500,
    };
    await expect(sequentialProperty(context, options)).rejects.toThrow(
      "makes every kind of call within its time",
    );
    await context.end();
    expect(loads).toBeLessThanOrEqual(1);
  });

  it.each([1, 2, 3, 4, 5])("passes for a correct store (seed %i)", async (seed) => {
    for (const id of ["V1-16", "V1-17"])
      expect(await failureOf(plainHarness(), id, { seed, effort: "quick" })).toBe(undefined);
  });
});

// Another test kills each of them once.
describe.skipIf(suiteSettings().effort === "quick")("20 times out of 20", () => {
  const pairs = sequenceMutants.flatMap(({ killedBy, ...mutant }) =>
    killedBy.map((id) => ({ ...mutant, id })),
  );

  it.each(pairs)("$id kills the store that $bug ($name)", async ({ id, make }) => {
    for (let seed = 1; seed <= 20; seed += 1)
      expect(await failureOf(make(), id, { seed }), `seed ${seed}`).toMatch(/^Expected: /u);
  });
});
