export type { AnomalyName } from "./anomalies.ts";
export { checkHistory, type CheckOptions, type HistoryCheck, type ThreadCheck } from "./check-history.ts";
export {
  type DeleteOperation,
  formatHistory,
  type LoadOperation,
  type Operation,
  parseHistory,
  type SaveOperation,
} from "./operation.ts";
export { type RecordableStore, RecordingClient, type KnownVersion } from "./recorder.ts";
export type { Verdict } from "./search.ts";
