import { CONTROL_NAME } from "../measure/plan.ts";
import type { Result } from "../measure/result.ts";
import { markdownTable } from "./markdown-table.ts";
import { short } from "./numbers.ts";
import { plotSvg, type Series } from "./plot.ts";
import { RAW_NAME } from "./table.ts";

/** The lengths of conversations that the page compares first, in turns. */
const LENGTHS = [10, 100, 1000];

/** The backends, in the order of the page, with their titles. The others are not compared with peers. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["sqlite", "SQLite, every save synced (`FULL`)"],
  ["sqlite-normal", "SQLite, synced at checkpoints (`NORMAL`)"],
  ["file-system", "Files"],
  ["postgres", "PostgreSQL"],
  ["redis", "Redis"],
  ["azure-blob", "Azure Blob Storage"],
  ["s3", "S3"],
]);

/** A plot and the name of its file. */
export interface NamedPlot {
  readonly file: string;
  readonly svg: string;
}

/** What a turn costs on each backend: a table and a plot. */
export interface Front {
  readonly markdown: string;
  readonly plots: readonly NamedPlot[];
}

/** Returns the number of the run that measured a result; `undefined` if all are of one run. */
export type RunOf = (result: Result) => number | undefined;

export function frontOf(results: readonly Result[], runOf: RunOf = () => undefined): Front {
  // Those of the stores and raw clients that other libraries are compared with are among all cases.
  const growth = results.filter(
    ({ workload, role, group }) =>
      workload === "growth" && (group === "peers" ? role === "peer" : role !== "control"),
  );
  const backends = [...TITLES].flatMap(([backend, title]) => {
    const own = growth.filter((result) => result.backend === backend);
    return own.length === 0 ? [] : [{ backend, heading: title, own }];
  });
  const plots = backends.map(({ backend, heading, own }): NamedPlot => {
    const title = `${heading.replaceAll("`", "")}: time of a save`;
    const svg = plotSvg({ title, xLabel: "turns of the conversation", yLabel: "ms", series: seriesOf(own) });
    return { file: `turn-${backend}.svg`, svg };
  });
  const sections = backends.map(({ backend, heading, own }) => {
    const alt = `The time of a save by the length of the conversation, on ${backend}`;
    return `### ${heading}\n\n${tableOf(own, runOf)}\n\n![${alt}](plots/turn-${backend}.svg)`;
  });
  return { markdown: `## What a turn costs\n\n${sections.join("\n\n")}`, plots };
}

function tableOf(results: readonly Result[], runOf: RunOf): string {
  const runs = (own: readonly Result[]): readonly number[] => [
    ...new Set(own.flatMap((result) => runOf(result) ?? [])),
  ];
  const differ = runs(results).length > 1;
  const rows = [...Map.groupBy(results, ({ subject }) => subject)].map(([subject, own]) => [
    own[0]?.role === "ours" ? `**${subject}**` : subject,
    ...LENGTHS.map((turns) => timeOf(own.find(({ size }) => size === turns))),
    ...(differ ? [runs(own).join(", ")] : []),
  ]);
  const lengths = LENGTHS.map((turns) => `${turns.toLocaleString("en-US")} turns`);
  return markdownTable(["ms", ...lengths, ...(differ ? ["run"] : [])], rows);
}

/** Formats the mean time of a save, and the range of the rounds. */
function timeOf(result: Result | undefined): string {
  if (result === undefined) return "–";
  const spread =
    result.rounds < 2 || result.wallSpread === undefined ? "" : ` ± ${half(result.wallSpread)} %`;
  return `${short(msPerSave(result))}${spread}`;
}

function half(spread: number): string {
  return Math.round(spread * 50).toString();
}

function msPerSave({ wallMs, steps }: Result): number {
  return wallMs / steps;
}

/** The colours of subjects, which are the same in all plots. Those in the same row are never in the same plot. */
const COLOURS: readonly (readonly string[])[] = [
  ["ours, agent's text", "ours, parts"],
  ["ours, objects"],
  [RAW_NAME],
  ["delta by hand"],
  ["LangGraph, put"],
  ["LangGraph, graph"],
  ["LangGraph, DeltaChannel"],
  ["Keyv", "Mastra", "OpenDAL"],
  ["unstorage"],
];

/** The end of the names of our checkpointers in other libraries, which have the colour of the library's own. */
const OURS_IN_PEER = ", ours";

function seriesOf(results: readonly Result[]): readonly Series[] {
  return [...Map.groupBy(results, ({ subject }) => subject)].map(([name, own]) => {
    const plain = name.endsWith(OURS_IN_PEER) ? name.slice(0, -OURS_IN_PEER.length) : name;
    const colour = COLOURS.findIndex((names) => names.includes(plain));
    return {
      name,
      colour: colour === -1 ? COLOURS.length - 1 : colour,
      dashed: plain !== name,
      strong: own[0]?.role === "ours",
      points: own
        .map((result) => [result.size, msPerSave(result)] as const)
        .toSorted(([left], [right]) => left - right),
    };
  });
}

/** Says how much the raw client differs from itself; `undefined` if the run had no control. */
export function noiseOf(results: readonly Result[]): string | undefined {
  const ratios = results.flatMap((control) => {
    if (control.subject !== CONTROL_NAME) return [];
    const raw = results.find(
      (other) =>
        other.subject === RAW_NAME &&
        other.backend === control.backend &&
        other.workload === control.workload &&
        other.case === control.case &&
        other.group === control.group,
    );
    return raw === undefined ? [] : [control.wallMs / raw.wallMs];
  });
  if (ratios.length === 0) return undefined;
  const inOrder = ratios.toSorted((left, right) => left - right);
  const at = (part: number): string => short(inOrder[Math.round((inOrder.length - 1) * part)] ?? 1);
  return `${at(0.05)} to ${at(0.95)} in nine of ten cases, ${at(0)} to ${at(1)} in all ${ratios.length}`;
}
