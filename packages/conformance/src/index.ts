export { cases } from "./cases/index.ts";
export { type CaseContext, type Clause, type ConformanceCase, type Tier, tiers } from "./conformance-case.ts";
export { register, type Runner } from "./execution/register.ts";
export { type CaseResult, type CaseStatus, type Report, run, type RunOptions } from "./execution/report.ts";
export type {
  Backend,
  Disk,
  Durability,
  DurabilitySetting,
  Endpoint,
  Harness,
  Network,
  Peer,
  PeerModule,
  Power,
  Waiver,
} from "./harness.ts";
export { growThread, type GrowthOptions } from "./growth.ts";
export type { Selection } from "./execution/selection.ts";
export type { TierVerdict } from "./execution/tier-verdicts.ts";
export {
  type AnomalyName,
  checkHistory,
  type CheckOptions,
  type DeleteOperation,
  formatHistory,
  type HistoryCheck,
  type LoadOperation,
  type Operation,
  type Recorded,
  RecordingClient,
  type SaveOperation,
  type Seen,
  type ThreadCheck,
  type Verdict,
} from "./linearizability/index.ts";
