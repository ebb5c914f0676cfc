export type {
  ForkOptions,
  HistoryStore,
  MemberDiff,
  PruneResult,
  ThreadDiff,
  ThreadVersion,
  VersionedThread,
} from "./history-store.ts";
export type { HistoryOptions, KeepOptions } from "./options.ts";
export { pruneHistory, type PruneHistoryOptions, type PruneProgress } from "./operations/prune-history.ts";
export type { PruneTotals } from "./operations/prune-position.ts";
export { withHistory } from "./with-history.ts";
