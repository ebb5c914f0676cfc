import type { CaseRecord, Run } from "../results/results-file.ts";

/** Runs of the same code on the same machine and day. */
export interface SameRuns {
  readonly runs: readonly Run[];
  readonly cases: number;
  /** For example `2026-12-01 with Node.js 24.0.0 at commit abc: 2 × CPU, linux`. */
  readonly description: string;
}

/** Groups the cases with results by the day, code and machine of their runs, the largest group first. */
export function runsOf(records: readonly CaseRecord[]): readonly SameRuns[] {
  const measured = records.filter(({ results }) => results.length > 0);
  return [...Map.groupBy(measured, ({ run }) => withoutLoad(run)).entries()]
    .map(([start, own]) => {
      const runs = own.map(({ run }) => run);
      return { runs, cases: own.length, description: `${start}${loadOf(runs)}` };
    })
    .toSorted((left, right) => right.cases - left.cases);
}

/** Returns the number of a case's run among the groups, counted from 1. */
export function runNumber(groups: readonly SameRuns[], run: Run): number {
  return groups.findIndex(({ runs }) => runs.includes(run)) + 1;
}

function withoutLoad({ date, commit, node, machine }: Run): string {
  const code = commit === null ? "an unknown commit" : `commit ${commit}`;
  return `${date} with Node.js ${node.replace(/^v/u, "")} at ${code}: ${machine}`;
}

function loadOf(runs: readonly Run[]): string {
  const loads = runs.flatMap(({ load }) => (load === null ? [] : [load]));
  if (loads.length === 0) return "";
  const [low, high] = [Math.min(...loads).toFixed(1), Math.max(...loads).toFixed(1)];
  const range = low === high ? `${low} before the run` : `${low} to ${high} before the runs`;
  return `, load average ${range}`;
}

/** Says when, where and from which code the cases were measured, and whether these differ. */
export function describeRuns(groups: readonly SameRuns[]): string {
  const [only, ...others] = groups;
  if (only === undefined) return "Nothing was measured.";
  if (others.length === 0) return `Measured on ${only.description}.`;
  const lines = groups.map(
    ({ description, cases }, index) =>
      `- Run ${index + 1}, ${cases} ${cases === 1 ? "case" : "cases"}: ${description}.`,
  );
  const differ = [
    ["commit", new Set(groups.flatMap(({ runs }) => runs.map(({ commit }) => commit)))],
    ["date", new Set(groups.flatMap(({ runs }) => runs.map(({ date }) => date)))],
    ["machine", new Set(groups.flatMap(({ runs }) => runs.map(({ machine }) => machine)))],
    ["version of Node.js", new Set(groups.flatMap(({ runs }) => runs.map(({ node }) => node)))],
  ] as const;
  const names = differ.filter(([, values]) => values.size > 1).map(([name]) => name);
  return `**The cases are of ${groups.length} runs that differ in ${names.join(", ")}.** Ratios and goals compare results of the same run.
Compare times of one run only: the tables and the headings under [All cases](#all-cases) name the run.

${lines.join("\n")}`;
}
