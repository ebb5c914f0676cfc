// The entry point for scripts of operators: "@threadstore/core/maintenance".
export { applyRetention, type RetentionPolicy } from "./operations/apply-retention.ts";
export { type CopyOptions, type CopyProgress, copyThreads } from "./operations/copy-threads.ts";
export { eraseWhere } from "./operations/erase-where.ts";
export type {
  RemovalOptions,
  RemovalProgress,
  RemovalResult,
  ThreadLocation,
} from "./operations/removal-options.ts";
export type {
  DeleteExpiredOptions,
  DeleteExpiredResult,
  EraseOptions,
  EraseProgress,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
} from "./thread-store.ts";
