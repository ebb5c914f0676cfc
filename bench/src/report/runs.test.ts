import { expect, it } from "vitest";
import type { Run } from "../results/results-file.ts";
import { caseOf, growthResult, RUN } from "../results/results.test-helper.ts";
import { describeRuns, runNumber, runsOf } from "./runs.ts";

const RESULTS = [growthResult({ subject: "raw, whole", role: "raw", turns: 10, ms: 1 })];

function described(...runs: readonly Run[]): string {
  return describeRuns(runsOf(runs.map((run) => caseOf(RESULTS, { run }))));
}

it("one run is described with its machine, commit and load", () => {
  expect(described(RUN, RUN)).toBe(
    "Measured on 2026-01-02 with Node.js 24.0.0 at commit aaaa1111: 2 × Example CPU, linux, load average 0.1 before the run.",
  );
  expect(described({ ...RUN, commit: null, load: null })).toBe(
    "Measured on 2026-01-02 with Node.js 24.0.0 at an unknown commit: 2 × Example CPU, linux.",
  );
});

it("runs of the same code on the same day are described together", () => {
  expect(described(RUN, { ...RUN, load: 1.25 })).toContain("load average 0.1 to 1.3 before the runs.");
});

it("runs of different commits or dates are named, with their cases", () => {
  const later = { ...RUN, date: "2026-01-03", commit: "bbbb2222 with changes" };
  const text = described(later, RUN, RUN);
  expect(text).toContain("**The cases are of 2 runs that differ in commit, date.**");
  expect(text).toContain("\n- Run 1, 2 cases: 2026-01-02 with Node.js 24.0.0 at commit aaaa1111: ");
  expect(text).toContain(
    "\n- Run 2, 1 case: 2026-01-03 with Node.js 24.0.0 at commit bbbb2222 with changes: ",
  );
  const groups = runsOf([later, RUN, RUN].map((run) => caseOf(RESULTS, { run })));
  expect([later, RUN].map((run) => runNumber(groups, run))).toEqual([2, 1]);
});

it("cases without results do not count", () => {
  expect(describeRuns(runsOf([caseOf([], { run: RUN })]))).toBe("Nothing was measured.");
});
