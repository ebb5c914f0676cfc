// The entry point for users. Adapters, decorators and agent packages import from "@threadstore/core/driver",
// "@threadstore/core/decorator" and "@threadstore/core/documents".
export {
  ThreadStoreError,
  type ThreadStoreErrorCode,
  THREAD_STORE_ERROR_CODES,
  type ThreadStoreErrorDetails,
} from "./errors.ts";
export { type CopyOptions, type CopyProgress, copyThreads } from "./operations/copy-threads.ts";
export { type MemoryRecords, memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export type { CallDiagnostics } from "./runtime/diagnostics.ts";
export type {
  AppendOptions,
  AppendResult,
  CallOptions,
  CorruptThreadSummary,
  DeleteExpiredOptions,
  DeleteExpiredResult,
  DeleteOptions,
  EraseOptions,
  EraseProgress,
  EraseResult,
  IntactThreadSummary,
  JsonValue,
  ListOptions,
  LoadOptions,
  NamespacePage,
  NamespacesOptions,
  Previous,
  SaveOptions,
  SerializedThread,
  StoredThread,
  ThreadDetails,
  ThreadMetadata,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  TouchOptions,
  TouchResult,
  UpdateChange,
  UpdateOptions,
  Version,
} from "./thread-store.ts";
export type { StoreOptions } from "./validation/store-options.ts";
