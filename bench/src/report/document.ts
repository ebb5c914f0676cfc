import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Report, type Result, rivalOf } from "../measure/result.ts";
import { CONTROL_NAME } from "../measure/run-plan.ts";
import { workloads } from "../workloads/index.ts";
import { type Front, frontOf, noiseOf } from "./front.ts";
import { type Find, goals } from "./goals.ts";
import { short } from "./numbers.ts";
import { casesOf, cells, headings } from "./table.ts";

const folder = join(import.meta.dirname, "../..");

/** Writes bench/RESULTS.md and its plots. */
export function writeReport(report: Report): void {
  const { markdown, plots } = documentOf(report);
  const target = join(folder, "plots");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const { file, svg } of plots) writeFileSync(join(target, file), svg);
  writeFileSync(join(folder, "RESULTS.md"), markdown);
}

/** Returns the page and its plots: what a turn costs, how that was measured, and then all cases. */
export function documentOf(report: Report): Front {
  const { markdown, plots } = frontOf(report.results);
  const parts = [introduction(report), markdown, method(report), goalTable(report.results), allCases(report)];
  return { markdown: `${parts.join("\n\n")}\n`, plots };
}

function introduction({ machine, node, date }: Report): string {
  return `# Performance

What it costs to save a conversation after each turn: with our stores (bold), with the client library alone, and with
other libraries. \`LangGraph, …, ours\` is our checkpoint saver in the same graphs as LangGraph's own. The tables show the
mean time of a save, in milliseconds, in conversations of 10, 100 and 1,000 turns, and half the range of the rounds.
Conversations of more than 200 turns ran once. In the plots, both axes are logarithmic.

Measured on ${date} with Node.js ${node.slice(1)}: ${machine}.`;
}

function method({ results }: Report): string {
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
new messages, without the guarantees of a store. \`ours, agent's text\` saves the thread of an agent, and \`ours, objects\`
an object with all messages. Servers are separate processes on the same machine: Redis with \`appendfsync always\`,
PostgreSQL with \`synchronous_commit = on\`, Azurite and Ceph in memory.

The subjects run in turn in one process, round after round, so that a slow phase of the machine affects all of them.
Numbers are medians over the rounds.${control}
Compare ratios within one case, CPU time and bytes, not times of different cases.
[Decision 20](../docs/decisions/0020-benchmark.md) explains the method and its limits.`;
}

function goalTable(results: readonly Result[]): string {
  const rows = goals.flatMap(({ backend, text, limit, direction, value }) => {
    const find: Find = (workload, name, subject) =>
      rivalOf(results, { workload, case: name, backend, size: 0, subject, role: "ours" }, subject);
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

/** Names the subjects that did not run, each once. */
function notRun(reasons: readonly string[]): string {
  const names = reasons.map((reason) => reason.replace(/ · .* · /u, ", ").split(". ", 1)[0] ?? "");
  return [...new Set(names)].map((name) => `\n- Did not run: ${name}.`).join("");
}

function allCases({ results, failures, leftOut = [] }: Report): string {
  const sections = workloads.flatMap(({ name, description }) => {
    const own = results.filter(({ workload }) => workload === name);
    if (own.length === 0) return [];
    const tables = [...casesOf(own)].map(([title, group]) => {
      const rounds = Math.max(...group.map((result) => result.rounds));
      const heading = `${title} · ${rounds} ${rounds === 1 ? "round" : "rounds"}`;
      return `**${heading}**\n\n${markdownTable(
        headings,
        group.map((result) => cells(result, results)),
      )}`;
    });
    return [`### ${name}\n\n${description}\n\n${tables.join("\n\n")}`];
  });
  return `## All cases

- \`core\` has no backend. It shows the stores' own work for a save. Its raw client is \`JSON.stringify\`.
- In the save workload, \`raw, whole\` writes conditionally, for example with \`If-Match\`.
- In \`growth in a service\`, the model is called through the \`openai\` package, which adds half a millisecond of other
  code. That time is not measured; the garbage and cold caches it leaves are.
- "written" counts bytes passed to write calls, sockets included. "sent" and "received" count bytes on sockets, headers
  included.
- "±" is half the range of the rounds.${notRun([...leftOut, ...failures])}

${sections.join("\n\n")}`;
}

function markdownTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, names.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
