import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cases, register } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { mutants } from "./index.ts";
import { caseOf } from "./lookup.test-helper.ts";
import { type Mutant, withBug } from "./mutant.ts";

const historyFolder = await mkdtemp(join(tmpdir(), "threadstore-histories-"));
afterAll(() => rm(historyFolder, { recursive: true }));

const pairs = mutants.flatMap((mutant) => mutant.killedBy.map((id) => ({ ...mutant, id })));

/** Runs the case with full effort, unless quick effort, which takes less time, is enough. */
async function runMutant({ make }: Pick<Mutant, "make">, id: string): Promise<void> {
  for (const effort of ["quick", "full"] as const)
    await runCase(make(), caseOf(id), suiteSettings({ historyFolder, effort }));
}

describe("the mutants", () => {
  it.each(pairs)("$id kills the store that $bug ($name)", async ({ id, ...mutant }) => {
    const outcome = runMutant(mutant, id);
    await expect(outcome).rejects.toThrow(/^Expected: .+ Actual: .+/su);
    await expect(outcome).rejects.not.toThrow("did not end within");
  });

  it("include one for every case", () => {
    const named = new Set(mutants.flatMap(({ killedBy }) => killedBy));
    expect(cases.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it("have unique names", () => {
    const names = mutants.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  describe("pass every case without their bug, so that each failure is due to the bug", () => {
    register(
      withBug("no bug", () => ({})),
      { describe, it, after: afterAll },
    );
  });
});
