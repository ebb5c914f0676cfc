import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addToFile, readResults } from "./read-results.ts";
import { type CaseRecord, mergeResults, type Results, type Run } from "./results-file.ts";
import { caseOf, growthResult, RUN } from "./results.test-helper.ts";

const LATER: Run = { ...RUN, date: "2026-01-03", commit: "bbbb2222" };

function measured(turns: number, ms: number, changes: Partial<CaseRecord> = {}): CaseRecord {
  return caseOf([growthResult({ subject: "raw, whole", role: "raw", turns, ms })], changes);
}

function results(...cases: readonly CaseRecord[]): Results {
  return { format: 1, cases };
}

describe("the merge of two runs", () => {
  it("replaces the same cases as a whole, and keeps the others with their own run", () => {
    const earlier = caseOf([
      growthResult({ subject: "raw, whole", role: "raw", turns: 10, ms: 1 }),
      growthResult({ subject: "delta by hand", role: "delta", turns: 10, ms: 1 }),
    ]);
    const other = measured(50, 1);
    const later = measured(10, 2, { run: LATER });
    expect(mergeResults(results(earlier, other), results(later)).cases).toEqual([later, other]);
  });

  it("tells the groups, backends and sizes of a workload apart", () => {
    const cases = [
      measured(10, 1),
      measured(10, 1, { group: "peers" }),
      measured(10, 1, { backend: "redis" }),
      measured(50, 1),
      measured(10, 1, { workload: "growth in a service" }),
    ];
    expect(mergeResults(results(...cases.slice(0, 2)), results(...cases.slice(2))).cases).toEqual(cases);
  });

  it("keeps the results of a case that the later run was asked for and did not reach", () => {
    const earlier = measured(10, 1);
    const notRun = measured(10, 1, { run: LATER, results: [], notRun: "the run was stopped" });
    expect(mergeResults(results(earlier), results(notRun)).cases).toEqual([earlier]);
    expect(mergeResults(results(notRun), results(earlier)).cases).toEqual([earlier]);
    const again = { ...notRun, notRun: "the time of the run was up" };
    expect(mergeResults(results(notRun), results(again)).cases).toEqual([again]);
  });

  it("replaces the results of a case whose subjects all failed", () => {
    const failed = measured(10, 1, {
      run: LATER,
      results: [],
      missing: [{ subject: "raw, whole", reason: "No.", failed: true }],
    });
    expect(mergeResults(results(measured(10, 1)), results(failed)).cases).toEqual([failed]);
  });
});

describe("a file of results", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "threadstore-results-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("collects the cases of several runs", () => {
    const file = join(folder, "results.json");
    addToFile(file, results(measured(10, 1)));
    addToFile(file, results(measured(50, 1, { run: LATER })));
    addToFile(file, results(measured(10, 3, { run: LATER })));
    expect(readResults(file)).toEqual(
      results(measured(10, 3, { run: LATER }), measured(50, 1, { run: LATER })),
    );
    expect(readdirSync(folder)).toEqual(["results.json"]);
  });

  it("may be of an older version, in which stores and other libraries ran together", () => {
    const file = join(folder, "older.json");
    const subjects = [
      { subject: "ours, objects", role: "ours" },
      { subject: "raw, whole", role: "raw" },
      { subject: "raw, again", role: "control" },
      { subject: "Keyv", role: "peer" },
    ] as const;
    const older = subjects.map((subject) => {
      const { group: _, ...result } = growthResult({ ...subject, turns: 10, ms: 1 });
      return result;
    });
    const { machine, node, date } = RUN;
    const withoutPeers = older
      .filter(({ role }) => role !== "peer")
      .map((result) => ({ ...result, case: "T = 50" }));
    writeFileSync(file, JSON.stringify({ machine, node, date, results: [...older, ...withoutPeers] }));
    const { cases } = readResults(file);
    expect(
      cases.map(({ group, case: name, results: own }) => [group, name, own.map(({ subject }) => subject)]),
    ).toEqual([
      ["stores", "T = 10", ["ours, objects", "raw, whole", "raw, again"]],
      ["peers", "T = 10", ["ours, objects", "raw, whole", "Keyv"]],
      ["stores", "T = 50", ["ours, objects", "raw, whole", "raw, again"]],
    ]);
    expect(cases[0]?.run).toEqual({ machine, node, date, commit: null, load: null });
  });

  it("is rejected with a message if it does not exist or has another format", () => {
    const file = join(folder, "other.json");
    expect(() => readResults(file)).toThrow(new TypeError(`${file} does not exist.`));
    writeFileSync(file, "{}");
    expect(() => readResults(file)).toThrow(/is not a file of results\. Use one that --json has written\./u);
  });
});
