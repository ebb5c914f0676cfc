import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Report, type Result, rivalOf } from "../measure/result.ts";
import { workloads } from "../workloads/index.ts";
import { type Find, goals } from "./goals.ts";
import { short } from "./numbers.ts";
import { plotSvg, type Series } from "./plot.ts";
import { casesOf, cells, headings } from "./table.ts";

const folder = join(import.meta.dirname, "../../../docs");

/** Writes docs/performance.md and the plots in it. */
export function writeReport(report: Report): void {
  mkdirSync(join(folder, "plots"), { recursive: true });
  const parts = [
    introduction(report),
    goalTable(report.results),
    plots(report.results),
    allCases(report.results),
  ];
  writeFileSync(join(folder, "performance.md"), `${parts.join("\n\n")}\n`);
}

function introduction({ machine, node, date, failures }: Report): string {
  const failed = [
    ...new Set(failures.map((failure) => failure.replace(/ · .* · /u, ", ").split(". ", 1)[0])),
  ];
  return `# Performance

Written by \`npm run bench -- --report\` on ${date}, Node ${node.slice(1)}. Do not edit.

${machine}.

Everybody runs in turn in one process, round after round; the numbers are medians of the rounds. Servers are
processes of their own on the same machine: Redis with every write on disk (\`appendfsync always\`), Azurite in
memory, Ceph in memory. \`sqlite\` commits with \`synchronous = FULL\`, \`sqlite-normal\` with \`NORMAL\`.

Conclude from ratios within one case, from CPU time and from bytes; not from times of different cases. On a
machine that does other things at the same time, ratios of small times differ by a factor of two between runs.

- **ours, agent's text**: \`store.save(id, thread.serializeParts(), { previous })\`, with an agent's thread.
- **ours, objects**: \`store.save(id, { messages }, { previous })\`. It is who loads and lists, too.
- **raw, whole**: the client alone, which writes the whole thread as JSON, with the same durability. In point saves
  on a condition, such as \`If-Match\`.
- **delta by hand**: the client alone, which encodes and writes only new messages, and has no contract to keep.
- \`core\` has no backend: what our stores do for a save, without a driver, in a process that has done it often. Its raw
  client is \`JSON.stringify\`.
- In \`growth\`, but for \`core\`, everybody's process runs the turn with an agent between two saves, whose model answers
  in place; in \`growth in a service\`, through the \`openai\` package, half a millisecond of other code. That is not
  measured; the garbage and the cold caches that it leaves are. Goals are those of \`growth\`.
- Before anything is measured, everybody has grown 24 conversations, loaded and saved for half a second, and so on: what
  a server does it has done many times before.
- "written" is what went to the system's write calls, sockets included. "sent" and "received" are bytes on sockets,
  headers included.${failed.map((failure) => `\n- Did not run: ${failure}.`).join("")}`;
}

function goalTable(results: readonly Result[]): string {
  const rows = goals.flatMap(({ backend, text, limit, direction, value }) => {
    const find: Find = (workload, name, contestant) =>
      rivalOf(results, { workload, case: name, backend, size: 0, contestant, role: "ours" }, contestant);
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

function plots(results: readonly Result[]): string {
  const growth = results.filter(({ workload }) => workload === "growth");
  const sections = [...Map.groupBy(growth, ({ backend }) => backend)].map(([backend, own]) => {
    const networked = own.some(({ sent }) => sent > 0);
    const bytesOf = ({ sent, written }: Result): number => (networked ? sent : (written ?? 0)) / 1000;
    const size = draw(
      `growth-${backend}-bytes`,
      `${backend}: ${networked ? "sent" : "written"} in T turns`,
      "KB",
      seriesOf(own, bytesOf),
    );
    const time = draw(
      `growth-${backend}-cpu`,
      `${backend}: CPU time of T saves`,
      "ms",
      seriesOf(own, ({ cpuMs }) => cpuMs),
    );
    return `${size}\n${time}`;
  });
  return `## Growth

A turn: a question of 200 bytes, an answer of 800, every third time a tool call of 2 KB; saved after each. Both axes
are logarithmic: cost in proportion to the conversation rises half as steeply as a whole rewrite's.

${sections.join("\n\n")}`;
}

function seriesOf(results: readonly Result[], value: (result: Result) => number): readonly Series[] {
  return [...Map.groupBy(results, ({ contestant }) => contestant)].map(([name, own]) => ({
    name,
    points: own
      .map((result) => [result.size, value(result)] as const)
      .filter(([, cost]) => cost > 0)
      .toSorted(([left], [right]) => left - right),
  }));
}

function draw(file: string, title: string, yLabel: string, series: readonly Series[]): string {
  const plotted = series.filter(({ points }) => points.length > 0);
  if (plotted.length === 0) return "";
  writeFileSync(
    join(folder, "plots", `${file}.svg`),
    plotSvg({ title, xLabel: "turns", yLabel, series: plotted }),
  );
  return `![${title}](plots/${file}.svg)`;
}

function allCases(results: readonly Result[]): string {
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
  return `## All cases\n\n${sections.join("\n\n")}`;
}

function markdownTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, names.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
