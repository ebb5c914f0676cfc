export { cases } from "./cases/index.ts";
export { type CaseContext, type Clause, type ConformanceCase, type Tier, tiers } from "./conformance-case.ts";
export { register, type Runner } from "./execution/register.ts";
export { type CaseResult, type CaseStatus, type Report, run, type RunOptions } from "./execution/report.ts";
export type { Harness, Power, Waiver } from "./harness.ts";
export type { TierVerdict } from "./execution/tier-verdicts.ts";
