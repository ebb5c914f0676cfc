export { checkHistory, type CheckOptions, type HistoryCheck, type ThreadCheck } from "./check-history.ts";
export {
  type AppendOperation,
  type DeleteOperation,
  formatHistory,
  type LoadOperation,
  type LoadResult,
  type Operation,
  parseHistory,
  type SaveOperation,
  type TouchOperation,
} from "./operation.ts";
export { type RecordableStore, RecordingClient, type KnownVersion } from "./recorder.ts";
export type { AnomalyName } from "./rule.ts";
export type { Verdict } from "./search.ts";
