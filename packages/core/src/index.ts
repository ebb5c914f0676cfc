// The entry point for users. Adapters, decorators and agent packages import from "@threadstore/core/driver",
// "@threadstore/core/decorator" and "@threadstore/core/documents".
export {
  ThreadStoreError,
  type ThreadStoreErrorCode,
  THREAD_STORE_ERROR_CODES,
  type ThreadStoreErrorDetails,
} from "./errors.ts";
export { memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export type { CallDiagnostics } from "./runtime/diagnostics.ts";
export type {
  CallOptions,
  CorruptThreadSummary,
  DeleteExpiredOptions,
  DeleteExpiredResult,
  DeleteOptions,
  IntactThreadSummary,
  JsonValue,
  ListOptions,
  LoadOptions,
  Previous,
  SaveOptions,
  SerializedThread,
  StoredThread,
  ThreadDetails,
  ThreadMetadata,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  UpdateChange,
  UpdateOptions,
  Version,
} from "./thread-store.ts";
export type { StoreOptions } from "./validation/store-options.ts";

// Being moved to the other entry points. Do not import these from here.
export { createThreadStore } from "./create-thread-store.ts";
export { compareUtf8 } from "./encoding/compare-utf8.ts";
export type { BackendErrorCode } from "./errors.ts";
export {
  memoryDriver,
  type MemoryDriverOptions,
  type MemoryRecord,
  type MemoryRecords,
} from "./memory-store.ts";
export { updateThread } from "./operations/update.ts";
export {
  type DriverOptions,
  type FailureExplanation,
  type ListedRecord,
  type PageRequest,
  type RecordPage,
  type RecordToWrite,
  type StoredRecord,
  type ThreadDriver,
  type ThreadKey,
  TRAILER_MAX_BYTES,
} from "./thread-driver.ts";
