import type { Clause, Tier } from "./conformance-case.ts";

/**
 * The status of a case. `waived`: it failed as its waiver predicts. `not-exercised`: the harness lacks a power that the
 * case needs. Neither is a pass.
 */
export type CaseStatus = "passed" | "failed" | "waived" | "not-exercised";

export interface CaseResult {
  readonly case: string;
  readonly title: string;
  readonly section: string;
  readonly tier: Tier;
  readonly clauses: readonly Clause[];
  readonly status: CaseStatus;
  /** The expected and the actual behaviour, or the reason why the case was waived or not exercised. */
  readonly message?: string;
  /** The number of runs: fewer than requested if the case failed, 0 if it was not exercised. */
  readonly runs: number;
  /** The seed of the last run, which reproduces a failure unless it depends on timing. */
  readonly seed: number;
  readonly milliseconds: number;
}
