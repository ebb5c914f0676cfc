import { cases } from "../cases/index.ts";
import { type Tier, tiers } from "./conformance-case.ts";
import type { CaseResult, TierVerdict } from "./report.ts";

export function tierVerdicts(results: readonly CaseResult[]): Record<Tier, TierVerdict> {
  const entries = tiers.map((tier) => [tier, verdictOf(tier, results)]);
  return Object.fromEntries(entries) as Record<Tier, TierVerdict>;
}

function verdictOf(tier: Tier, results: readonly CaseResult[]): TierVerdict {
  const members = results.filter((each) => each.tier === tier);
  const has = (status: CaseResult["status"]): boolean => members.some((each) => each.status === status);
  if (has("failed")) return "failed";
  if (has("known-failure")) return "known-failures";
  if (members.length === 0) return "not-run";
  const isComplete = members.length === cases.filter((each) => each.tier === tier).length;
  return isComplete && !has("not-exercised") ? "passed" : "partial";
}
