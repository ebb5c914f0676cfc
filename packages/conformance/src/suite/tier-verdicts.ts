import { cases } from "../cases/index.ts";
import type { CaseResult } from "./case-result.ts";
import { type Tier, tiers } from "./conformance-case.ts";

/**
 * The verdict on a tier. `passed`: all its cases ran and passed. `failed`: at least one failed. `waived`: none failed
 * except known failures. `partial`: some were not exercised or not selected. `not-run`: none was selected.
 */
export type TierVerdict = "passed" | "failed" | "waived" | "partial" | "not-run";

export function tierVerdicts(results: readonly CaseResult[]): Record<Tier, TierVerdict> {
  const entries = tiers.map((tier) => [tier, verdictOf(tier, results)]);
  return Object.fromEntries(entries) as Record<Tier, TierVerdict>;
}

function verdictOf(tier: Tier, results: readonly CaseResult[]): TierVerdict {
  const ran = results.filter((each) => each.tier === tier);
  const has = (status: CaseResult["status"]): boolean => ran.some((each) => each.status === status);
  if (has("failed")) return "failed";
  if (has("waived")) return "waived";
  if (ran.length === 0) return "not-run";
  const isWhole = ran.length === cases.filter((each) => each.tier === tier).length;
  return isWhole && !has("not-exercised") ? "passed" : "partial";
}
