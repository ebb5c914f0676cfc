import type { ConformanceCase } from "../suite/conformance-case.ts";
import type { CaseResult, CaseStatus } from "../suite/report.ts";
import { type Output, painterFor, type Style } from "./terminal.ts";

/** Says how far a run is. */
export interface Progress {
  readonly started: (conformanceCase: ConformanceCase) => void;
  /** The case begins for the so-manieth time, from 1 on. */
  readonly run: (number: number) => void;
  readonly ended: (result: CaseResult) => void;
  /** What went wrong outside of any case's own calls. */
  readonly complaint: (text: string) => void;
  /** Removes what is only of interest while the run lasts. */
  readonly end: () => void;
}

/** How much there is to do. */
export interface Extent {
  readonly cases: number;
  /** How often each case runs. */
  readonly repeat: number;
}

export const statusStyles: Readonly<Record<CaseStatus, Style>> = {
  passed: "green",
  failed: "red",
  waived: "yellow",
  "not-exercised": "dim",
};

/** How often a terminal's line says how long a case has been running, and how often plain lines do. */
const LIVE_MS = 1_000;
const PLAIN_MS = 10_000;

/** One line that is always rewritten, on a terminal; elsewhere a line for each case. */
export function progressOn(output: Output, extent: Extent): Progress {
  return output.isTTY === true ? liveLine(output, extent) : plainLines(output, extent);
}

/** The case that is running now, which is told again and again while it does. */
class RunningCase {
  readonly #repeat: number;
  readonly #timer: NodeJS.Timeout;
  readonly #started = performance.now();
  #run = 1;

  constructor({ repeat }: Extent, everyMs: number, tell: () => void) {
    this.#repeat = repeat;
    this.#timer = setInterval(tell, everyMs);
    this.#timer.unref();
  }

  run(number: number): void {
    this.#run = number;
  }

  /** Which of its runs it is in and since when, as far as there is something to say. */
  text(): string {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    const runs = this.#repeat > 1 ? `, run ${this.#run} of ${this.#repeat}` : "";
    return `${runs}${seconds > 0 ? `, ${seconds} s` : ""}`;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function plainLines(output: Output, extent: Extent): Progress {
  let running: RunningCase | undefined;
  return {
    started: ({ id, title }) => {
      const tell = (): void =>
        void output.write(`${"still running".padEnd(13)}  ${id}  ${title}${running?.text() ?? ""}\n`);
      running = new RunningCase(extent, PLAIN_MS, tell);
    },
    run: (number) => running?.run(number),
    ended: ({ case: id, status, title, milliseconds }) => {
      running?.end();
      output.write(`${status.padEnd(13)}  ${id}  ${title} (${milliseconds} ms)\n`);
    },
    complaint: (text) => void output.write(`${text}\n`),
    end: () => running?.end(),
  };
}

function liveLine(output: Output, extent: Extent): Progress {
  const paint = painterFor(output);
  const counts = new Map<CaseStatus, number>();
  let done = 0;
  let running: RunningCase | undefined;
  const erase = (): void => void output.write("\r\x1b[2K");
  const keep = (text: string): void => {
    erase();
    output.write(`${text}\n`);
  };
  const tell = ({ id, title }: ConformanceCase): void => {
    const told = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
    const line = `${done + 1}/${extent.cases}${running?.text() ?? ""}  ${told === "" ? "" : `${told}  `}${id} ${title}`;
    erase();
    // A line that wraps could not be erased.
    output.write(line.slice(0, (output.columns ?? 80) - 1));
  };
  return {
    started: (each) => {
      running = new RunningCase(extent, LIVE_MS, () => tell(each));
      tell(each);
    },
    run: (number) => running?.run(number),
    ended: ({ case: id, status, title }) => {
      running?.end();
      done += 1;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === "failed") keep(`${paint("red", "failed")}  ${id}  ${title}`);
    },
    complaint: keep,
    end: () => {
      running?.end();
      erase();
    },
  };
}
