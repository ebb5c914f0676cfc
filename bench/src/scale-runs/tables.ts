import { join } from "node:path";
import { hostsTables } from "../hosts/report.ts";
import { loadTables } from "../load/report.ts";
import { manyThreadsTables } from "../many-threads/report.ts";
import { markdownTable } from "../report/markdown-table.ts";
import type { ScaleRuns } from "./runs.ts";

/** The results that docs/scale.md shows. */
export const RUNS_FILE: string = join(import.meta.dirname, "../../scale-runs.json");

/** Formats the tables of docs/scale.md that are measured, by name. */
export function runTables(runs: ScaleRuns): { readonly [name: string]: string } {
  const { date, machine, node, load } = runs;
  const header = ["date", "machine", "Node.js", "load average"];
  return {
    runs: markdownTable(header, [[date, machine, node, `${load.min} to ${load.max}`]]),
    ...manyThreadsTables(runs.manyThreads),
    ...loadTables(runs.conversations),
    ...hostsTables(runs.hosts),
  };
}
