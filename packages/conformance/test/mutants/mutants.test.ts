import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cases, register } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { zoo } from "./index.ts";
import { withBug } from "./mutant.ts";

function caseOf(id: string): (typeof cases)[number] {
  const found = cases.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no case ${id}.`);
  return found;
}

const historyFolder = await mkdtemp(join(tmpdir(), "threadstore-histories-"));
afterAll(() => rm(historyFolder, { recursive: true }));

const pairs = zoo.flatMap((mutant) => mutant.killedBy.map((id) => ({ ...mutant, id })));

describe("the zoo", () => {
  it.each(pairs)("$id finds the store that $bug ($name)", async ({ make, id }) => {
    const outcome = runCase(make(), caseOf(id), suiteSettings({ historyFolder, effort: "full" }));
    await expect(outcome).rejects.toThrow(/^Expected: .+ Actual: .+/su);
    await expect(outcome).rejects.not.toThrow("did not end within");
  });

  it("has a mutant for every case", () => {
    const named = new Set(zoo.flatMap(({ killedBy }) => killedBy));
    expect(cases.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it("has mutants of different names", () => {
    const names = zoo.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  describe("without a bug passes every case, so that each failure is its bug's", () => {
    register(
      withBug("no bug", () => ({})),
      { describe, it, after: afterAll },
    );
  });
});
