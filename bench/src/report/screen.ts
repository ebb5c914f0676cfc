import type { Outcome } from "../measure/plan.ts";
import { coverageLines } from "./coverage.ts";
import { alignedTable, casesOf, cells, headings } from "./table.ts";

export interface Screen {
  /** Shows the current step: on one line that is redrawn in a terminal, on a new line elsewhere. */
  readonly progress: (text: string) => void;
  readonly end: () => void;
  readonly show: (outcomes: readonly Outcome[]) => void;
}

export function screen(): Screen {
  const { stdout, stderr } = process;
  return {
    progress: (text) => void stderr.write(stderr.isTTY ? `\r\u001B[2K${text}` : `${text}\n`),
    end: () => void (stderr.isTTY && stderr.write("\r\u001B[2K")),
    show(outcomes) {
      const results = outcomes.flatMap((outcome) => outcome.results);
      for (const [title, group] of casesOf(results)) {
        const rows = group.map((result) => cells(result, results));
        const text = stdout.isTTY ? alignedTable([headings, ...rows]) : plainLines(title, rows);
        stdout.write(`${stdout.isTTY ? `\n${title}\n` : ""}${text}\n`);
      }
      for (const line of coverageLines(outcomes)) stdout.write(`${line}\n`);
    },
  };
}

/** Lines for grep and cut: each one is complete. */
function plainLines(title: string, rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => [title, ...row.map((cell, column) => `${headings[column] ?? ""}: ${cell}`)].join("\t"))
    .join("\n");
}
