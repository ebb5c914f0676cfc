import { describe, expect, it } from "vitest";
import { shortThreads } from "../../src/engines/random/arbitraries.ts";
import { faultyProperty } from "../../src/engines/random/faulty/faulty-property.ts";
import type { Harness } from "../../src/index.ts";
import { contextFor } from "../../src/suite/case-context.ts";
import { type SuiteOptions, suiteSettings } from "../../src/suite/settings.ts";
import { range } from "../../src/utilities/parallel.ts";
import { keyValueHarness } from "../stores/key-value/key-value-harness.ts";
import { faultySequenceMutants } from "./faulty-sequences.ts";
import { killedByFaultyCalls } from "./killed-by-faulty-calls.ts";
import { harnessOfMutant } from "./lookup.test-helper.ts";

interface Trial extends SuiteOptions {
  /** How long to shorten a failure. By default, the calls do not matter. */
  readonly shrinkingMs?: number;
}

/** Resolves with the failure of C6-10, if any. */
async function failureOf(
  harness: Harness,
  { shrinkingMs = 0, ...options }: Trial,
): Promise<string | undefined> {
  const { signal } = new AbortController();
  const context = contextFor(harness, "C6-10", { signal, settings: suiteSettings(options) });
  try {
    await faultyProperty(context, { threads: shortThreads, quickRuns: 12, timeoutMs: 120_000, shrinkingMs });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await context.end();
  }
  return undefined;
}

/** Tries several seeds, because a rare bug may take more runs than one seed makes. */
async function firstFailureOf(name: string, shrinkingMs?: number): Promise<string | undefined> {
  const trial = shrinkingMs === undefined ? {} : { shrinkingMs };
  for (let seed = 1; seed <= 5; seed += 1) {
    const failure = await failureOf(harnessOfMutant(name), { ...trial, seed, effort: "quick" });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

const explained = /^Expected: .+ Actual: .+\nIt happened at the last of these calls:\n {2}1\. .+/su;
const { effort } = suiteSettings();

describe("C6-10", () => {
  // Another test kills each of them once.
  it
    .skipIf(effort === "quick")
    .each(faultySequenceMutants.filter(({ killedBy }) => killedBy.includes("C6-10")))(
    "kills the store that $bug 20 times out of 20 ($name)",

    async ({ make }) => {
      for (const n of range(20))
        expect(await failureOf(make(), { seed: n + 1, effort: "full" })).toMatch(explained);
    },
  );

  it.each(effort === "quick" ? killedByFaultyCalls.slice(0, 4) : killedByFaultyCalls)(
    "kills mutants written for other cases: %s",

    async (name) => {
      expect(await firstFailureOf(name)).toMatch(explained);
    },
  );

  it("shortens the calls that lead to a failure and can repeat them", async () => {
    const name = "blind resend";
    const failure = (await firstFailureOf(name, 5000)) ?? "";
    const calls = callsIn(failure);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.length).toBeLessThan(8);
    const [, seed, replay = ""] = /_SEED=(\S+) THREADSTORE_CONFORMANCE_REPLAY=(\S+)$/u.exec(failure) ?? [];
    const again = await failureOf(harnessOfMutant(name), { seed: Number(seed), replay });
    expect(callsIn(again ?? "")).toEqual(calls);
  });

  it.each(range(effort === "quick" ? 2 : 10))(
    "passes for a correct store (seed %i)",

    async (seed) => {
      expect(await failureOf(keyValueHarness("good"), { seed, effort: "quick" })).toBe(undefined);
    },
  );
});

function callsIn(failure: string): string[] {
  return [...failure.matchAll(/^ {2}\d+\. .+$/gmu)].map(String);
}
