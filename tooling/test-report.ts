import { readFileSync } from "node:fs";

/** The part of Vitest's JSON report that the tooling reads. */
export interface TestReport {
  /** When the run started, in milliseconds since the epoch. */
  readonly startTime: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  /** The absolute path of the test file. */
  readonly name: string;
  readonly status: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly unknown[];
}

/** The report of the last `npm test`. */
export const REPORT_FILE = ".cache/test-report.json";

/** Reads a report; `undefined` if there is none. */
export function readReport(file: string = REPORT_FILE): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
