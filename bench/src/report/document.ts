import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backends } from "../backends/index.ts";
import { CONTROL_NAME } from "../measure/plan.ts";
import { type Result, rivalOf } from "../measure/result.ts";
import { type CaseRecord, type Results, resultsOf } from "../results/results-file.ts";
import { workloads } from "../workloads/index.ts";
import { coverageLines, neverAskedFor } from "./coverage.ts";
import { type Front, frontOf, noiseOf, type RunOf } from "./front.ts";
import { type Find, goals } from "./goals.ts";
import { short } from "./numbers.ts";
import { describeRuns, runNumber, type SameRuns, runsOf } from "./runs.ts";
import { casesOf, cells, headings } from "./table.ts";

const folder = join(import.meta.dirname, "../..");

/** Writes bench/RESULTS.md and its plots. */
export function writeReport(report: Results): void {
  const { markdown, plots } = documentOf(report);
  const target = join(folder, "plots");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const { file, svg } of plots) writeFileSync(join(target, file), svg);
  writeFileSync(join(folder, "RESULTS.md"), markdown);
}

/** Returns the page and its plots: what a turn costs, how that was measured, and then all cases. */
export function documentOf(given: Results): Front {
  const records = inOrder(given.cases);
  const results = resultsOf({ ...given, cases: records });
  const runs = runsOf(records);
  const { markdown, plots } = frontOf(results, runOfResult(records, runs));
  const parts = [introduction(runs), markdown, method(results), goalTable(results), allCases(records, runs)];
  return { markdown: `${parts.join("\n\n")}\n`, plots };
}

function runOfResult(records: readonly CaseRecord[], runs: readonly SameRuns[]): RunOf {
  if (runs.length < 2) return () => undefined;
  return (result) => {
    const record = records.find(
      (each) =>
        each.backend === result.backend &&
        each.workload === result.workload &&
        each.case === result.case &&
        each.group === result.group,
    );
    return record && runNumber(runs, record.run);
  };
}

/** Sorts the cases by backend, workload, size and group, whichever run measured them. */
function inOrder(records: readonly CaseRecord[]): readonly CaseRecord[] {
  return records.toSorted((left, right) => {
    const ranks = rankOf(right);
    const difference = rankOf(left).map((rank, index) => rank - (ranks[index] ?? 0));
    return difference.find((one) => one !== 0) ?? 0;
  });
}

function rankOf({ backend, workload, size, group }: CaseRecord): readonly number[] {
  return [
    backends.findIndex(({ name }) => name === backend),
    workloads.findIndex(({ name }) => name === workload),
    size,
    group === "stores" ? 0 : 1,
  ];
}

function introduction(runs: readonly SameRuns[]): string {
  return `# Performance

What it costs to save a conversation after each turn: with our stores (bold), with the client library alone, and with
other libraries. \`LangGraph, …, ours\` is our checkpoint saver in the same graphs as LangGraph's own. The tables show the
mean time of a save, in milliseconds, in conversations of 10, 100 and 1,000 turns, and half the range of the rounds.
Long conversations ran fewer rounds, as the headings under [All cases](#all-cases) say; without a range, it was one. In
the plots, both axes are logarithmic.

${describeRuns(runs)}`;
}

function method(results: readonly Result[]): string {
  const noise = noiseOf(results);
  const control =
    noise === undefined
      ? ""
      : ` A control, the raw client once more (\`${CONTROL_NAME}\`), shows the noise:
the ratio of its time to that of the raw client was ${noise}.`;
  return `## How it was measured

Each turn has a question of 200 bytes and an answer of 800, every third one also a tool call of 2 KB, and is followed by
a save. An agent runs the turn, with a model that is called directly; only the save is measured. Every subject first
grows 24 conversations, as a server in production has long done. \`raw, whole\` is the client alone, which writes the whole
conversation as JSON with the same durability; \`delta by hand\` is the client alone with code that encodes and writes only
new messages, without the guarantees of a store. S3 cannot change parts of an object; there, \`raw, one byte\` replaces
an object of one byte, which no save can be faster than. \`ours, agent's text\` saves the thread of an agent, and \`ours, objects\`
an object with all messages. Servers are separate processes on the same machine: Redis with \`appendfsync always\`,
PostgreSQL with \`synchronous_commit = on\`, Azurite and Ceph in memory.

The subjects run in turn in one process, round after round, so that a slow phase of the machine affects all of them:
first the stores, the raw clients and the deltas, and then the other libraries with the stores that they are compared
with, which run again for that.
Numbers are medians over the rounds.${control}
Compare ratios within one case, CPU time and bytes, not times of different cases.
[Decision 20](../docs/decisions/0020-benchmark.md) explains the method and its limits.`;
}

function goalTable(results: readonly Result[]): string {
  const rows = goals.flatMap(({ backend, text, limit, direction, value }) => {
    const find: Find = (workload, name, subject, group = "stores") =>
      rivalOf(results, { workload, case: name, backend, group }, subject);
    const reached = value(find);
    if (reached === undefined) return [];
    const met = direction === "at most" ? reached <= limit : reached >= limit;
    return [
      {
        met,
        cells: [backend, text, `${direction} ${short(limit)}`, short(reached), met ? "met" : "**not met**"],
      },
    ];
  });
  const met = rows.filter((row) => row.met).length;
  const table = markdownTable(
    ["backend", "goal", "limit", "measured", ""],
    rows.map((row) => row.cells),
  );
  return `## Goals

${met} of ${rows.length} met in this run.

${table}`;
}

function allCases(records: readonly CaseRecord[], runs: readonly SameRuns[]): string {
  const results = records.flatMap((record) => record.results);
  const sections = workloads.flatMap(({ name, description }) => {
    const own = records.filter(({ workload, results: { length } }) => workload === name && length > 0);
    if (own.length === 0) return [];
    const tables = own.map((record) => {
      const rows = record.results.map((result) => cells(result, results));
      return `**${headingOf(record, runs)}**\n\n${markdownTable(headings, rows)}`;
    });
    return [`### ${name}\n\n${description}\n\n${tables.join("\n\n")}`];
  });
  const notRun = [...coverageLines(records), ...neverAskedFor(records)];
  return `## All cases

- \`core\` has no backend. It shows the stores' own work for a save. Its raw client is \`JSON.stringify\`.
- In the save workload, \`raw, whole\` writes conditionally, for example with \`If-Match\`.
- In \`growth in a service\`, the model is called through the \`openai\` package, which adds half a millisecond of other
  code. That time is not measured; the garbage and cold caches it leaves are.
- "written" counts bytes passed to write calls, sockets included. "sent" and "received" count bytes on sockets, headers
  included.
- "±" is half the range of the rounds.${notRun.map((line) => `\n- ${line}`).join("")}

${sections.join("\n\n")}`;
}

/** Names a case, its rounds, and its run if there are several. */
function headingOf({ results, run }: CaseRecord, runs: readonly SameRuns[]): string {
  const [title = ""] = casesOf(results).keys();
  const counts = results.map(({ rounds }) => rounds);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const rounds = `${least === most ? most : `${least} to ${most}`} ${most === 1 ? "round" : "rounds"}`;
  return [title, rounds, ...(runs.length > 1 ? [`run ${runNumber(runs, run)}`] : [])].join(" · ");
}

function markdownTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, names.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
