import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import type { HostsResult } from "../hosts/result.ts";
import type { LoadResult } from "../load/result.ts";
import type { CallCost } from "../many-threads/measure.ts";

/** The results that docs/scale.md shows, and where they come from. */
export interface ScaleRuns {
  readonly machine: string;
  readonly node: string;
  /** The date of the latest run. */
  readonly date: string;
  /** The lowest and the highest load average (1 minute) that a run ended with. */
  readonly load: { readonly min: number; readonly max: number };
  readonly manyThreads: readonly CallCost[];
  readonly conversations: readonly LoadResult[];
  readonly hosts: readonly HostsResult[];
}

type Results = Pick<ScaleRuns, "manyThreads" | "conversations" | "hosts">;

const NONE: Results = { manyThreads: [], conversations: [], hosts: [] };

export function readRuns(file: string): ScaleRuns {
  return JSON.parse(readFileSync(file, "utf8")) as ScaleRuns;
}

/** Adds results to a file. They replace those of the same cases. */
export function writeRuns(file: string, added: Partial<Results>): void {
  const [load = 0] = loadavg().map((value) => Math.round(value * 10) / 10);
  const before = existsSync(file) ? readRuns(file) : { ...NONE, load: { min: load, max: load } };
  const [model = ""] = cpus().map((cpu) => cpu.model.trim());
  const runs: ScaleRuns = {
    machine: `${cpus().length} cores (${model})`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    load: { min: Math.min(before.load.min, load), max: Math.max(before.load.max, load) },
    manyThreads: merged(before.manyThreads, added.manyThreads, ({ store, threads }) => `${store} ${threads}`),
    conversations: merged(before.conversations, added.conversations, ({ store }) => store),
    hosts: merged(before.hosts, added.hosts, ({ service, clients }) => `${service} ${clients}`),
  };
  writeFileSync(file, `${JSON.stringify(runs, rounded, 2)}\n`);
}

/** Keeps four digits, which is more than is certain. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

function merged<Result>(
  before: readonly Result[],
  added: readonly Result[] = [],
  caseOf: (result: Result) => string,
): readonly Result[] {
  const replaced = new Set(added.map(caseOf));
  return [...before.filter((result) => !replaced.has(caseOf(result))), ...added];
}
