import { type Result, rivalOf } from "../measure/result.ts";
import { bytes, short } from "./numbers.ts";

export const headings: readonly string[] = [
  "contestant",
  "wall ms",
  "to raw",
  "CPU ms",
  "to raw",
  "step ms",
  "p99 ms",
  "sent",
  "received",
  "written",
  "memory",
];

/** What the ratios of a result are to. */
export const rawName = "raw, whole";

/** A table's line of a result; ratios are to the raw client's in the same case. */
export function cells(result: Result, all: readonly Result[]): readonly string[] {
  const raw = rivalOf(all, result, rawName);
  const { contestant, wallMs, cpuMs, stepMs, p99Ms, sent, received, written, memory } = result;
  return [
    contestant,
    short(wallMs),
    raw === undefined ? "–" : short(wallMs / raw.wallMs),
    short(cpuMs),
    raw === undefined ? "–" : short(cpuMs / raw.cpuMs),
    short(stepMs),
    short(p99Ms),
    bytes(sent),
    bytes(received),
    bytes(written),
    bytes(Math.max(0, memory)),
  ];
}

/** The results of each case, in the order in which they came. */
export function casesOf(results: readonly Result[]): ReadonlyMap<string, readonly Result[]> {
  return Map.groupBy(results, ({ backend, workload, case: name }) => `${backend}, ${workload}, ${name}`);
}

/** For a terminal. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
