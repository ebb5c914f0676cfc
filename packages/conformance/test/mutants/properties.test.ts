import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { cases, type Harness } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { type SuiteOptions, suiteSettings } from "../../src/suite/settings.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";
import { foundByRandomCalls } from "./found-by-random-calls.ts";
import { zoo } from "./index.ts";
import { withBug } from "./mutant.ts";
import { sequenceMutants } from "./sequences.ts";

async function failureOf(harness: Harness, id: string, options: SuiteOptions): Promise<string | undefined> {
  const [found] = cases.filter((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no case ${id}.`);
  try {
    await runCase(harness, found, suiteSettings({ effort: "full", ...options }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function mutantOf(name: string): Harness {
  const [found] = zoo.filter((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no mutant ${name}.`);
  return found.make();
}

function callsIn(failure: string | undefined): string[] {
  return [...(failure?.matchAll(/^ {2}\d+\. .+$/gmu) ?? [])].map(String);
}

describe("V1-16 finds with random calls what cases were made for", () => {
  it.each(foundByRandomCalls)("%s", async (name) => {
    let failure: string | undefined;
    // What is rare may take more than the runs of one seed.
    for (let seed = 1; seed <= 5 && failure === undefined; seed += 1)
      failure = await failureOf(mutantOf(name), "V1-16", { seed });
    expect(failure).toMatch(
      /^Expected: .+ Actual: .+\nIt happened at the last of these calls:\n {2}1\. .+/su,
    );
  });
});

describe("V1-16", () => {
  it("makes the calls that lead to a failure few, and makes them again when told", async () => {
    const failure = (await failureOf(mutantOf("metadata merged"), "V1-16", { seed: 1 })) ?? "";
    expect(failure).toContain("the thread, version, size, times and metadata of the last save");
    expect(callsIn(failure).length).toBeGreaterThan(1);
    expect(callsIn(failure).length).toBeLessThan(6);
    const [, seed, replay = ""] = /_SEED=(\S+) THREADSTORE_CONFORMANCE_REPLAY=(\S+)$/u.exec(failure) ?? [];
    const again = await failureOf(mutantOf("metadata merged"), "V1-16", { seed: Number(seed), replay });
    expect(callsIn(again)).toEqual(callsIn(failure));
  });

  it("makes the same calls with the same seed, and others with another", async () => {
    const mutant = "delete ignores previous";
    const [one, same, other] = await Promise.all(
      [1, 1, 2].map((seed) => failureOf(mutantOf(mutant), "V1-16", { seed })),
    );
    // Versions are the store's, and new ones each time.
    const planned = (failure: string | undefined): string[] =>
      callsIn(failure).map((call) => call.replace(/"[0-9a-f-]{36}"/u, "a version"));
    expect(planned(same)).toEqual(planned(one));
    expect(planned(other)).not.toEqual(planned(one));
  });

  it("fails when it had no time for every kind of call", async () => {
    const slow = withBug("slow", (inner) => ({
      load: async (...parameters) => {
        await wait(50);
        return inner.load(...parameters);
      },
    }));
    const failure = await failureOf({ ...slow, timeoutFactor: 0.02 }, "V1-16", { seed: 1 });
    expect(failure).toContain("makes every kind of call within its time");
  });

  it.each([1, 2, 3, 4, 5])("finds nothing in a good store (seed %i)", async (seed) => {
    for (const id of ["V1-16", "V1-17"])
      expect(await failureOf(plainHarness(), id, { seed, effort: "quick" })).toBe(undefined);
  });
});

// Once, each is found in the test of the zoo.
describe.skipIf(suiteSettings().effort === "quick")("20 times of 20", () => {
  const pairs = sequenceMutants.flatMap(({ killedBy, ...mutant }) =>
    killedBy.map((id) => ({ ...mutant, id })),
  );

  it.each(pairs)("$id finds the store that $bug ($name)", async ({ id, make }) => {
    for (let seed = 1; seed <= 20; seed += 1)
      expect(await failureOf(make(), id, { seed }), `seed ${seed}`).toMatch(/^Expected: /u);
  });
});
