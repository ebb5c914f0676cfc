import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Report, type Result, rivalOf } from "../measure/result.ts";
import { workloads } from "../workloads/index.ts";
import { type Find, goals } from "./goals.ts";
import { short } from "./numbers.ts";
import { plotSvg, type Series } from "./plot.ts";
import { casesOf, cells, headings } from "./table.ts";

const folder = join(import.meta.dirname, "../..");

/** Writes bench/RESULTS.md and its plots. */
export function writeReport(report: Report): void {
  mkdirSync(join(folder, "plots"), { recursive: true });
  const parts = [
    introduction(report),
    goalTable(report.results),
    plots(report.results),
    allCases(report.results),
  ];
  writeFileSync(join(folder, "RESULTS.md"), `${parts.join("\n\n")}\n`);
}

function introduction({ machine, node, date, failures }: Report): string {
  const failed = [
    ...new Set(failures.map((failure) => failure.replace(/ · .* · /u, ", ").split(". ", 1)[0])),
  ];
  return `# Performance

Written by \`npm run bench -- --report\` on ${date}, Node ${node.slice(1)}. Do not edit.

${machine}.

Subjects run in turn in one process, round after round. Numbers are medians over the rounds. Servers are separate
processes on the same machine: Redis with \`appendfsync always\`, PostgreSQL with \`synchronous_commit = on\`, Azurite and
Ceph in memory. \`sqlite\` commits with \`synchronous = FULL\`, \`sqlite-normal\` with \`NORMAL\`.

Compare ratios within one case, CPU time and bytes. Do not compare times of different cases: on a busy machine, ratios
of short times differ by a factor of two between runs.

- **ours, agent's text**: \`store.save(id, await thread.serialize(), { previous })\` with an agent's thread.
- **ours, objects**: \`store.save(id, { messages }, { previous })\`. Also used for loads and listings.
- **raw, whole**: the client alone, writing the whole thread as JSON with the same durability. In the save workload, it
  writes conditionally, for example with \`If-Match\`.
- **delta by hand**: the client alone, encoding and writing only new messages, without the guarantees of a store.
- \`core\` has no backend. It shows the stores' own work for a save. Its raw client is \`JSON.stringify\`.
- In \`growth\` (except \`core\`), an agent runs each turn between saves, with a model that is called directly. In \`growth
  in a service\`, the model is called through the \`openai\` package, which adds half a millisecond of other code. That
  time is not measured; the garbage and cold caches it leaves are. The goals apply to \`growth\`.
- Every subject warms up before the measurement: it grows 24 conversations, loads and saves for half a second, and so
  on. A server in production has long done so.
- "written" counts bytes passed to write calls, sockets included. "sent" and "received" count bytes on sockets, headers
  included.${failed.map((failure) => `\n- Did not run: ${failure}.`).join("")}`;
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

Each turn has a question of 200 bytes and an answer of 800, every third one also a tool call of 2 KB, and is followed by a
save. Both axes are logarithmic: a cost proportional to the conversation rises half as steeply as that of whole rewrites.

${sections.join("\n\n")}`;
}

function seriesOf(results: readonly Result[], value: (result: Result) => number): readonly Series[] {
  return [...Map.groupBy(results, ({ subject }) => subject)].map(([name, own]) => ({
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
