import { describe, expect, it } from "vitest";
import { cases } from "../../src/index.ts";
import { runCase } from "../../src/suite/run-case.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { mutants } from "./index.ts";
import { TIMES } from "./repetitions.test-helper.ts";

const races = cases.filter(
  ({ tier, capabilities, clauses }) =>
    tier === "concurrent" && capabilities.length === 0 && !clauses.includes("C5"),
);
const pairs = races.flatMap((each) =>
  mutants
    .filter(({ killedBy }) => killedBy.includes(each.id))
    .map((mutant) => ({ ...mutant, each, id: each.id })),
);

describe(`${TIMES} times out of ${TIMES}, with quick effort`, () => {
  it.each(pairs)("$id kills the store that $bug ($name)", async ({ make, each }) => {
    let failures = 0;
    for (let seed = 1; seed <= TIMES; seed += 1) {
      const settings = suiteSettings({ effort: "quick", seed });
      await runCase(make(), each, settings).catch(() => (failures += 1));
    }
    expect(failures).toBe(TIMES);
  });
});
