// The entry point for scripts of operators: "@threadstore/core/maintenance".
export { type CopyOptions, type CopyProgress, copyThreads } from "./operations/copy-threads.ts";
export type {
  DeleteExpiredOptions,
  DeleteExpiredResult,
  EraseOptions,
  EraseProgress,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
} from "./thread-store.ts";
