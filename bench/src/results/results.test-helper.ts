import type { Role } from "../clients/client.ts";
import type { Group, Result } from "../measure/result.ts";
import type { CaseRecord, Run } from "./results-file.ts";

export const RUN: Run = {
  date: "2026-01-02",
  commit: "aaaa1111",
  node: "v24.0.0",
  machine: "2 × Example CPU, linux",
  load: 0.1,
};

export interface Growth {
  readonly backend?: string;
  readonly group?: Group;
  readonly subject: string;
  readonly role: Role;
  readonly turns: number;
  /** The mean time of a save. */
  readonly ms: number;
}

/** Returns a result of `growth` in five rounds. */
export function growthResult({
  backend = "sqlite",
  group = "stores",
  turns,
  ms,
  ...subject
}: Growth): Result {
  return {
    workload: "growth",
    case: `T = ${turns}`,
    size: turns,
    backend,
    group,
    ...subject,
    rounds: 5,
    steps: turns,
    wallMs: ms * turns,
    wallSpread: 0.1,
    cpuMs: (ms * turns) / 2,
    sent: 0,
    received: 0,
    written: 2000 * turns,
    memory: 0,
    stepMs: ms,
    p99Ms: 2 * ms,
    lastToFirst: 1,
  };
}

/** Returns a case with these results, which are of the same case. */
export function caseOf(results: readonly Result[], changes: Partial<CaseRecord> = {}): CaseRecord {
  const [first = growthResult({ subject: "raw, whole", role: "raw", turns: 10, ms: 1 })] = results;
  const { backend, workload, case: name, size, group } = first;
  return { backend, workload, case: name, size, group, run: RUN, results, missing: [], ...changes };
}
