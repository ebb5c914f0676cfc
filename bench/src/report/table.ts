import { type Result, rivalOf } from "../measure/result.ts";
import { bytes, short } from "./numbers.ts";

export const headings: readonly string[] = [
  "subject",
  "wall ms",
  "±",
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

/** The subject that ratios compare with. */
export const RAW_NAME = "raw, whole";

/** Formats a result as a table row. Ratios compare it with the raw client in the same case. */
export function cells(result: Result, all: readonly Result[]): readonly string[] {
  const raw = rivalOf(all, result, RAW_NAME);
  const { subject, rounds, wallMs, wallSpread, cpuMs, stepMs, p99Ms, sent, received, written, memory } =
    result;
  return [
    subject,
    short(wallMs),
    wallSpread === undefined || rounds < 2 ? "–" : `${Math.round(wallSpread * 50)} %`,
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

/** Groups the results by case, in the order of the run. */
export function casesOf(results: readonly Result[]): ReadonlyMap<string, readonly Result[]> {
  return Map.groupBy(results, ({ backend, workload, case: name, group }) =>
    [backend, workload, name, ...(group === "peers" ? ["with other libraries"] : [])].join(", "),
  );
}

/** Aligns the columns for a terminal. */
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
