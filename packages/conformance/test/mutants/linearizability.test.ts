import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cases, checkHistory, type Harness } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { zoo } from "./index.ts";
import { resetMutants } from "./resets.ts";

const historyFolder = await mkdtemp(join(tmpdir(), "threadstore-histories-"));
afterAll(() => rm(historyFolder, { recursive: true }));

function caseOf(id: string): (typeof cases)[number] {
  const [found] = cases.filter((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no case ${id}.`);
  return found;
}

const mutants = zoo.filter(({ killedBy }) => killedBy.includes("C5-1"));

/** What the case said of 20 stores of the kind. */
async function twentyTimes(id: string, make: () => Harness): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (let seed = 1; seed <= 20; seed += 1) {
    const settings = suiteSettings({ seed, historyFolder, effort: "full" });
    await runCase(make(), caseOf(id), settings).catch((error: unknown) => failures.push(error));
  }
  return failures;
}

/** Answers so wrong that no search is needed are told at once. */
const told = /Thread "round-.+History: .+\.jsonl\.$|a concurrent call succeeds or rejects with CONFLICT/su;

// Once, each is found in the test of the zoo.
describe.skipIf(suiteSettings().effort === "quick")("C5-3", () => {
  it.each(resetMutants)(
    "finds the store that $bug 20 times of 20 ($name)",

    async ({ make }) => {
      const failures = await twentyTimes("C5-3", make);
      expect(failures.length).toBe(20);
      for (const error of failures) expect(String(error)).toMatch(told);
    },
  );
});

describe("C5-1", () => {
  it.each(mutants)(
    "finds the store that $bug 20 times of 20 ($name)",

    async ({ make }) => {
      const failures = await twentyTimes("C5-1", make);
      expect(failures.length).toBe(20);
      for (const error of failures) expect(String(error)).toMatch(told);
    },
  );

  it("leaves histories that can be checked again", async () => {
    const files = await readdir(historyFolder);
    expect(files.length).toBeGreaterThanOrEqual(20 * mutants.filter(({ base }) => base === "memory").length);
    for (const file of files.slice(0, 20)) {
      const history = await readFile(join(historyFolder, file), "utf8");
      expect(checkHistory(history).verdict).toBe("illegal");
    }
  });
});
