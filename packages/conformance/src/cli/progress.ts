import type { ConformanceCase } from "../conformance-case.ts";
import type { CaseResult, CaseStatus } from "../execution/report.ts";
import { type Output, painterFor, type Style } from "./terminal.ts";

/** Says how far a run is. */
export interface Progress {
  readonly started: (conformanceCase: ConformanceCase) => void;
  readonly ended: (result: CaseResult) => void;
  /** What went wrong outside of any case's own calls. */
  readonly complaint: (text: string) => void;
  /** Removes what is only of interest while the run lasts. */
  readonly end: () => void;
}

export const statusStyles: Readonly<Record<CaseStatus, Style>> = {
  passed: "green",
  failed: "red",
  waived: "yellow",
  "not-exercised": "dim",
};

/** One line that is always rewritten, on a terminal; elsewhere a line for each case. */
export function progressOn(output: Output, total: number): Progress {
  return output.isTTY === true ? liveLine(output, total) : plainLines(output);
}

function plainLines(output: Output): Progress {
  return {
    started: () => undefined,
    ended: ({ case: id, status, title, milliseconds }) => {
      output.write(`${status.padEnd(13)}  ${id}  ${title} (${milliseconds} ms)\n`);
    },
    complaint: (text) => void output.write(`${text}\n`),
    end: () => undefined,
  };
}

function liveLine(output: Output, total: number): Progress {
  const paint = painterFor(output);
  const counts = new Map<CaseStatus, number>();
  let done = 0;
  const erase = (): void => void output.write("\r\x1b[2K");
  const keep = (text: string): void => {
    erase();
    output.write(`${text}\n`);
  };
  return {
    started: ({ id, title }) => {
      const told = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
      const line = `${done + 1}/${total}  ${told === "" ? "" : `${told}  `}${id} ${title}`;
      erase();
      // A line that wraps could not be erased.
      output.write(line.slice(0, (output.columns ?? 80) - 1));
    },
    ended: ({ case: id, status, title }) => {
      done += 1;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === "failed") keep(`${paint("red", "failed")}  ${id}  ${title}`);
    },
    complaint: keep,
    end: erase,
  };
}
