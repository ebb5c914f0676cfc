export { cases } from "./cases/index.ts";
export type { Clause } from "./suite/clause.ts";
export { type CaseContext, type ConformanceCase, type Tier, tiers } from "./suite/conformance-case.ts";
export type { KeptVersion, KeptVersions, VersionedStore } from "./suite/versioned-store.ts";
export { register, type Runner } from "./suite/register.ts";
export type { CaseResult, CaseStatus, Report, TierVerdict } from "./suite/report.ts";
export { run, type RunOptions } from "./suite/run.ts";
export type {
  Backend,
  Disk,
  Durability,
  DurabilitySetting,
  Endpoint,
  Harness,
  History,
  Network,
  ChildProcessHarness,
  ChildProcessModule,
  KnownFailure,
} from "./suite/harness.ts";
export type { Capability } from "./suite/capability.ts";
export { growThread, type GrowthOptions } from "./suite/grow-thread.ts";
export { reachableText } from "./utilities/reachable-text.ts";
export type { Selection } from "./suite/selection.ts";
export {
  type AnomalyName,
  type AppendOperation,
  checkHistory,
  type CheckOptions,
  type DeleteOperation,
  formatHistory,
  type HistoryCheck,
  type LoadOperation,
  type LoadResult,
  type Operation,
  type RecordableStore,
  RecordingClient,
  type SaveOperation,
  type KnownVersion,
  type ThreadCheck,
  type TouchOperation,
  type Verdict,
} from "./engines/linearizability/index.ts";
