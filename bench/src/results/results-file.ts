import type { Group, Result } from "../measure/result.ts";

/** When, where and from which code results were measured. */
export interface Run {
  /** For example `2026-12-01`. */
  readonly date: string;
  /** `null` if it is unknown. */
  readonly commit: string | null;
  readonly node: string;
  readonly machine: string;
  /** The load average before the run; `null` if it is unknown. */
  readonly load: number | null;
}

/** One size of a workload on a backend, with its stores and raw clients or with other libraries. */
export interface CaseKey {
  readonly backend: string;
  readonly workload: string;
  readonly case: string;
  readonly size: number;
  readonly group: Group;
}

/** A subject that a run was asked for and has no results of. */
export interface Missing {
  readonly subject: string;
  readonly reason: string;
  /** Whether it failed. Otherwise, the run left it out. */
  readonly failed: boolean;
}

/** A case that a run was asked for. */
export interface CaseRecord extends CaseKey {
  readonly run: Run;
  /** Why no subject ran; absent if the case ran. */
  readonly notRun?: string;
  readonly results: readonly Result[];
  readonly missing: readonly Missing[];
}

/** The content of a results file. */
export interface Results {
  readonly format: 1;
  readonly cases: readonly CaseRecord[];
}

export function keyOf({ backend, workload, case: name, group }: Omit<CaseKey, "size">): string {
  return [backend, workload, name, group].join(" / ");
}

/**
 * Adds the cases of a later run. Cases replace the same cases as a whole, so that ratios always compare results of the
 * same run, unless they did not run. The others keep their results, date and commit.
 */
export function mergeResults(earlier: Results, later: Results): Results {
  const merged = new Map(earlier.cases.map((record) => [keyOf(record), record]));
  for (const record of later.cases) {
    const known = merged.get(keyOf(record));
    if (record.notRun === undefined || known === undefined || known.notRun !== undefined) {
      merged.set(keyOf(record), record);
    }
  }
  return { format: 1, cases: [...merged.values()] };
}

export const NO_RESULTS: Results = { format: 1, cases: [] };

export function resultsOf({ cases }: Results): readonly Result[] {
  return cases.flatMap(({ results }) => results);
}
