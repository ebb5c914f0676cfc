import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Growth, Race } from "./measure.ts";
import type { Sdk } from "./sdks.ts";

/** The groups of checks: those of the SDK's own kit, and our checks of documented and of undocumented behaviour. */
export const GROUPS = ["kit", "documented", "beyond"] as const;
export type Group = (typeof GROUPS)[number];

/** The number of checks with each outcome. */
export interface Outcome {
  passed: number;
  failed: number;
  /** Checks that do not apply to the store. */
  skipped: number;
}

export interface Failure {
  readonly group: Group | "measured";
  readonly check: string;
  /** The beginning of the error. */
  readonly message: string;
}

/** The results of one store. */
export interface Row extends Partial<Record<Group, Outcome>> {
  readonly name: string;
  /** The reason why no check ran. */
  readonly notRun?: string;
  readonly failures: Failure[];
  readonly race?: Race;
  /** Superfluous copies after a repeated write. */
  readonly copies?: number;
  readonly growth?: Growth;
}

/** The results of one SDK, as in `results/<package>.json`. */
export interface Results {
  /** The day of the run, such as "2027-03-01". */
  readonly date: string;
  /** The versions of Node.js and of the SDK's packages. */
  readonly versions: { readonly [name: string]: string };
  readonly rows: readonly Row[];
}

export const ROOT: string = join(import.meta.dirname, "../../..");
export const PAGE: string = join(ROOT, "docs/sdk-matrix.md");

function fileOf({ folder }: Sdk): string {
  return join(import.meta.dirname, "../results", `${folder}.json`);
}

/** Reads the results of the last run of an SDK. */
export function readResults(sdk: Sdk): Results {
  return JSON.parse(readFileSync(fileOf(sdk), "utf8")) as Results;
}

export function writeResults(sdk: Sdk, results: Results): void {
  writeFileSync(fileOf(sdk), `${JSON.stringify(results, undefined, 2)}\n`);
}

/** Returns the results of an earlier run, with the rows of a later one. */
export function mergeRows(earlier: Results, { rows, ...later }: Results): Results {
  const replaced = earlier.rows.map((row) => rows.find(({ name }) => name === row.name) ?? row);
  const added = rows.filter(({ name }) => !replaced.some((row) => row.name === name));
  return { ...later, rows: [...replaced, ...added] };
}
