import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkHistory, type Harness } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { mutants } from "./index.ts";
import { caseOf } from "./lookup.test-helper.ts";
import { TIMES } from "./repetitions.test-helper.ts";
import { resetMutants } from "./resets.ts";

const historyFolder = await mkdtemp(join(tmpdir(), "threadstore-histories-"));
afterAll(() => rm(historyFolder, { recursive: true }));

const racingMutants = mutants.filter(({ killedBy }) => killedBy.includes("C5-1"));

/** Runs the case for several stores of the kind and resolves with the failures. */
async function repeatedly(id: string, make: () => Harness): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (let seed = 1; seed <= TIMES; seed += 1) {
    const settings = suiteSettings({ seed, historyFolder, effort: "full" });
    await runCase(make(), caseOf(id), settings).catch((error: unknown) => failures.push(error));
  }
  return failures;
}

/** Some results are so wrong that they fail without a search. */
const EXPLAINED =
  /Thread "round-.+History: .+\.jsonl\.$|a concurrent call succeeds or rejects with CONFLICT/su;

// Another test kills each of them once.
describe.skipIf(suiteSettings().effort === "quick")("C5-3", () => {
  it.each(resetMutants)(
    `kills the store that $bug ${TIMES} times out of ${TIMES} ($name)`,

    async ({ make }) => {
      const failures = await repeatedly("C5-3", make);
      expect(failures.length).toBe(TIMES);
      for (const error of failures) expect(String(error)).toMatch(EXPLAINED);
    },
  );
});

describe("C5-1", () => {
  it.each(racingMutants)(
    `kills the store that $bug ${TIMES} times out of ${TIMES} ($name)`,

    async ({ make }) => {
      const failures = await repeatedly("C5-1", make);
      expect(failures.length).toBe(TIMES);
      for (const error of failures) expect(String(error)).toMatch(EXPLAINED);
    },
  );

  it("leaves histories that can be checked again", async () => {
    const files = await readdir(historyFolder);
    const minimum = TIMES * racingMutants.filter(({ base }) => base === "memory").length;
    expect(files.length).toBeGreaterThanOrEqual(minimum);
    for (const file of files.slice(0, 20)) {
      const history = await readFile(join(historyFolder, file), "utf8");
      expect(checkHistory(history).verdict).toBe("illegal");
    }
  });
});
