export { cases } from "./cases/index.ts";
export type { CaseContext, Clause, ConformanceCase, Tier } from "./conformance-case.ts";
export { register, type Runner } from "./execution/register.ts";
export { type CaseResult, type CaseStatus, type Report, run, type RunOptions } from "./execution/report.ts";
export type { Harness, Power, Waiver } from "./harness.ts";
