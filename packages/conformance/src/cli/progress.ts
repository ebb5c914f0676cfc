import type { ConformanceCase } from "../suite/conformance-case.ts";
import type { CaseResult, CaseStatus } from "../suite/report.ts";
import { type Output, painterFor, type Style } from "./terminal.ts";

/** Displays the progress of a run. */
export interface Progress {
  readonly caseStarted: (conformanceCase: ConformanceCase) => void;
  /** Must be called before each run of the current case, with its number. The first run is 1. */
  readonly runStarted: (number: number) => void;
  readonly caseEnded: (result: CaseResult) => void;
  /** Prints a line that remains visible. */
  readonly print: (text: string) => void;
  /** Stops the display and erases the live line. */
  readonly stop: () => void;
}

/** The size of a run. */
export interface RunSize {
  /** Number of selected cases. */
  readonly cases: number;
  /** Number of runs of each case. */
  readonly repeat: number;
}

export const STATUS_STYLES: Readonly<Record<CaseStatus, Style>> = {
  passed: "green",
  failed: "red",
  "known-failure": "yellow",
  "not-exercised": "dim",
};

/** Interval at which the live line shows a running case's time, in milliseconds. */
const LIVE_INTERVAL_MS = 1_000;

/** Interval between plain lines about a running case, in milliseconds. */
const PLAIN_INTERVAL_MS = 10_000;

/** Shows progress as one live line on a terminal, and as a line for each case elsewhere. */
export function progressOn(output: Output, size: RunSize): Progress {
  return output.isTTY === true ? liveLine(output, size) : plainLines(output, size);
}

/** The case that is running. Calls `render` periodically until it ends. */
class RunningCase {
  readonly #repeat: number;
  readonly #timer: NodeJS.Timeout;
  readonly #started = performance.now();
  #run = 1;

  constructor({ repeat }: RunSize, intervalMs: number, render: () => void) {
    this.#repeat = repeat;
    this.#timer = setInterval(render, intervalMs);
    this.#timer.unref();
  }

  startRun(number: number): void {
    this.#run = number;
  }

  /** Returns the current run, if the case repeats, and the elapsed time from one second on. */
  description(): string {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    const runs = this.#repeat > 1 ? `, run ${this.#run} of ${this.#repeat}` : "";
    return `${runs}${seconds > 0 ? `, ${seconds} s` : ""}`;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function plainLines(output: Output, size: RunSize): Progress {
  let running: RunningCase | undefined;
  return {
    caseStarted: ({ id, title }) => {
      const render = (): void =>
        void output.write(`${"still running".padEnd(13)}  ${id}  ${title}${running?.description() ?? ""}\n`);
      running = new RunningCase(size, PLAIN_INTERVAL_MS, render);
    },
    runStarted: (number) => running?.startRun(number),
    caseEnded: ({ case: id, status, title, milliseconds }) => {
      running?.end();
      output.write(`${status.padEnd(13)}  ${id}  ${title} (${milliseconds} ms)\n`);
    },
    print: (text) => void output.write(`${text}\n`),
    stop: () => running?.end(),
  };
}

function liveLine(output: Output, size: RunSize): Progress {
  const paint = painterFor(output);
  const counts = new Map<CaseStatus, number>();
  let done = 0;
  let running: RunningCase | undefined;
  const erase = (): void => void output.write("\r\x1b[2K");
  const print = (text: string): void => {
    erase();
    output.write(`${text}\n`);
  };
  const render = ({ id, title }: ConformanceCase): void => {
    const summary = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
    const position = `${done + 1}/${size.cases}${running?.description() ?? ""}`;
    const line = `${position}  ${summary === "" ? "" : `${summary}  `}${id} ${title}`;
    erase();
    // A wrapped line could not be erased.
    output.write(line.slice(0, (output.columns ?? 80) - 1));
  };
  return {
    caseStarted: (each) => {
      running = new RunningCase(size, LIVE_INTERVAL_MS, () => render(each));
      render(each);
    },
    runStarted: (number) => running?.startRun(number),
    caseEnded: ({ case: id, status, title }) => {
      running?.end();
      done += 1;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === "failed") print(`${paint("red", "failed")}  ${id}  ${title}`);
    },
    print,
    stop: () => {
      running?.end();
      erase();
    },
  };
}
