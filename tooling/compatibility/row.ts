import type { Tool } from "./versions.ts";
import type { Workbench } from "./workbench.ts";

export const AREAS = [
  "First minutes",
  "Runtimes",
  "TypeScript",
  "Vendors' packages",
  "Test runners",
  "Bundlers and frameworks",
  "Edge and browsers",
] as const;

/** One line of the table of what works where. */
export interface Row {
  readonly area: (typeof AREAS)[number];
  /** Names the environment, uniquely. */
  readonly name: string;
  /** The tools whose versions the table shows. */
  readonly tools: readonly Tool[];
  /** The version that the table shows instead of those of the tools. */
  readonly version?: string;
  /** A short description of the program. */
  readonly proof: string;
  /** Why it does not work and what to do instead, for a row that shows a limit. */
  readonly limit?: string;
  /** Rejects if the row is not true. */
  readonly check: (workbench: Workbench) => Promise<void>;
}

/** Throws if the output of a program does not contain a text. */
export function expectOutput(output: string, expected: string): void {
  if (output.includes(expected)) return;
  throw new Error(`The output does not contain ${JSON.stringify(expected)}:\n${output.slice(-4000)}`);
}
