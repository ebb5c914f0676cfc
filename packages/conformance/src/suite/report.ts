import type { Clause } from "./clause.ts";
import type { Layer, Tier } from "./conformance-case.ts";
import type { Effort } from "./settings.ts";

/**
 * - `known-failure`: the case failed, and the harness lists it as a known failure.
 * - `not-exercised`: the harness lacks a capability.
 *
 * Neither counts as passed.
 */
export type CaseStatus = "passed" | "failed" | "known-failure" | "not-exercised";

/**
 * - `passed`: all cases of the tier ran and passed.
 * - `failed`: at least one failed.
 * - `known-failures`: none failed, except for known failures.
 * - `partial`: some were not exercised or not selected.
 * - `not-run`: none was selected.
 */
export type TierVerdict = "passed" | "failed" | "known-failures" | "partial" | "not-run";

export interface CaseResult {
  readonly case: string;
  readonly title: string;
  readonly section: string;
  readonly tier: Tier;
  readonly layer: Layer;
  readonly clauses: readonly Clause[];
  readonly status: CaseStatus;
  /** The expectation and the store's actual behavior, or the reason for the status. */
  readonly message?: string;
  /** How often the case ran: less than requested if it failed, 0 if it was not exercised. */
  readonly runs: number;
  /** The seed of the last run. It reproduces a failure that does not depend on timing. */
  readonly seed: number;
  readonly milliseconds: number;
}

/** The result of a run, as data that JSON can represent. */
export interface Report {
  readonly harness: string;
  readonly effort: Effort;
  /** Whether at least one case ran and none failed. */
  readonly ok: boolean;
  readonly counts: Readonly<Record<CaseStatus, number>>;
  readonly tiers: Readonly<Record<Tier, TierVerdict>>;
  /** The clauses of the failed cases. */
  readonly brokenClauses: readonly Clause[];
  readonly results: readonly CaseResult[];
}
