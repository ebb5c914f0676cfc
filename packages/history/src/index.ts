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
export { withHistory } from "./with-history.ts";
