import { describe, expect, it } from "vitest";
import { faultyProperty } from "../../src/engines/random/faulty/faulty-property.ts";
import type { Harness } from "../../src/index.ts";
import { contextFor } from "../../src/suite/case-context.ts";
import { type SuiteOptions, suiteSettings } from "../../src/suite/settings.ts";
import { range } from "../../src/utilities/parallel.ts";
import { keyValueHarness } from "../stores/key-value/key-value-harness.ts";
import { faultySequenceMutants } from "./faulty-sequences.ts";
import { foundByFaultyCalls } from "./found-by-faulty-calls.ts";
import { zoo } from "./index.ts";

interface Trial extends SuiteOptions {
  /** How long a failure is made shorter: not at all where only that there is one counts. */
  readonly shrinkingMs?: number;
}

/** What C6-10 says of the store. */
async function failureOf(
  harness: Harness,
  { shrinkingMs = 0, ...options }: Trial,
): Promise<string | undefined> {
  const { signal } = new AbortController();
  const context = contextFor(harness, "C6-10", { signal, settings: suiteSettings(options) });
  try {
    await faultyProperty(context, { timeoutMs: 120_000, shrinkingMs });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await context.end();
  }
  return undefined;
}

/** What is rare may take more than the runs of one seed. */
async function firstFailureOf(name: string, shrinkingMs?: number): Promise<string | undefined> {
  const trial = shrinkingMs === undefined ? {} : { shrinkingMs };
  for (let seed = 1; seed <= 5; seed += 1) {
    const failure = await failureOf(mutantOf(name), { ...trial, seed, effort: "quick" });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function mutantOf(name: string): Harness {
  const [found] = zoo.filter((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no mutant ${name}.`);
  return found.make();
}

const explained = /^Expected: .+ Actual: .+\nIt happened at the last of these calls:\n {2}1\. .+/su;
const { effort } = suiteSettings();

describe("C6-10", () => {
  // Once, each is found in the test of the zoo.
  it.skipIf(effort === "quick").each(faultySequenceMutants)(
    "finds the store that $bug 20 times of 20 ($name)",

    async ({ make }) => {
      for (const n of range(20))
        expect(await failureOf(make(), { seed: n + 1, effort: "full" })).toMatch(explained);
    },
  );

  it.each(effort === "quick" ? foundByFaultyCalls.slice(0, 4) : foundByFaultyCalls)(
    "finds what cases were made for: %s",

    async (name) => {
      expect(await firstFailureOf(name)).toMatch(explained);
    },
  );

  it("makes the calls that lead to a failure few, and makes them again when told", async () => {
    const name = "blind re-sending";
    const failure = (await firstFailureOf(name, 5000)) ?? "";
    const calls = callsIn(failure);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.length).toBeLessThan(8);
    const [, seed, replay = ""] = /_SEED=(\S+) THREADSTORE_CONFORMANCE_REPLAY=(\S+)$/u.exec(failure) ?? [];
    const again = await failureOf(mutantOf(name), { seed: Number(seed), replay });
    expect(callsIn(again ?? "")).toEqual(calls);
  });

  it.each(range(effort === "quick" ? 2 : 10))(
    "finds nothing in a good store (seed %i)",

    async (seed) => {
      expect(await failureOf(keyValueHarness("good"), { seed, effort: "quick" })).toBe(undefined);
    },
  );
});

function callsIn(failure: string): string[] {
  return [...failure.matchAll(/^ {2}\d+\. .+$/gmu)].map(String);
}
