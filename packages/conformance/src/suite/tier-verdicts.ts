import { cases } from "../cases/index.ts";
import { type Tier, tiers } from "./conformance-case.ts";
import type { CaseResult } from "./report.ts";

/**
 * What a run says of a tier. `passed`: all its cases ran and passed; nothing less is a pass. `failed`: one failed.
 * `waived`: none did, but for what waivers excuse. `partial`: some were not exercised, or not asked for. `not-run`:
 * none was asked for.
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
