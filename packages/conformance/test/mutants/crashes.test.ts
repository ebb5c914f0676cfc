import { describe, expect, it } from "vitest";
import { cases, type Harness, run } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { fileHarness } from "../stores/files/file-harness.ts";
import { forgetfulHarness } from "../stores/forgetful-harness.ts";
import { sqliteHarness } from "../stores/sqlite/sqlite-harness.ts";
import { crashMutants } from "./crashes.ts";
import { caseOf } from "./lookup.test-helper.ts";

async function passed({ harness, ids }: { harness: Harness; ids: readonly string[] }): Promise<string[]> {
  const { results } = await run(harness, { cases: ids, effort: "quick" });
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  return results.filter(({ status }) => status === "passed").map((result) => result.case);
}

describe("without a bug", () => {
  const durable = cases.filter(({ tier }) => tier === "durable").map(({ id }) => id);
  const notForFiles = ["D2-4", "D2-5"];

  it("the file store passes the crash cases", async () => {
    const ids = durable.filter((id) => !notForFiles.includes(id));
    expect(await passed({ harness: fileHarness("files", "none"), ids })).toEqual(ids);
  });

  it("the SQLite store has the settings that it promises", async () => {
    expect(await passed({ harness: sqliteHarness("FULL", "FULL"), ids: ["D2-4"] })).toEqual(["D2-4"]);
  });

  it("a backend that writes immediately loses nothing in a crash", async () => {
    expect(await passed({ harness: forgetfulHarness("writes at once", 1), ids: ["D2-5"] })).toEqual(["D2-5"]);
  });
});

// Takes minutes, so only with full effort.
describe.runIf(process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "full")("20 times out of 20", () => {
  /** Returns whether the case ends processes at random moments. The others look at every possible crash. */
  const isByChance = (id: string): boolean =>
    cases.some(
      (each) =>
        each.id === id &&
        !each.capabilities.some((capability) => capability === "disk" || capability === "durability"),
    );
  const byChance = crashMutants.flatMap(({ killedBy, ...mutant }) =>
    killedBy.filter((id) => isByChance(id)).map((id) => ({ ...mutant, id })),
  );

  it.each(byChance)("$id kills the store that $bug", { timeout: 1_200_000 }, async ({ make, id }) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      await expect(runCase(make(), caseOf(id), suiteSettings({ seed, effort: "full" }))).rejects.toThrow(
        "Expected: ",
      );
    }
  });
});
