export { createThreadStore } from "./create-thread-store.ts";
export type { CallDiagnostics } from "./runtime/diagnostics.ts";
export {
  type BackendErrorCode,
  ThreadStoreError,
  type ThreadStoreErrorCode,
  threadStoreErrorCodes,
  type ThreadStoreErrorDetails,
} from "./errors.ts";
export {
  memoryDriver,
  type MemoryDriverOptions,
  type MemoryRecord,
  type MemoryRecords,
  memoryStore,
  type MemoryStoreOptions,
} from "./memory-store.ts";
export type { StoreOptions } from "./validation/store-options.ts";
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
export { compareUtf8 } from "./encoding/compare-utf8.ts";
export type {
  CallOptions,
  CorruptThreadSummary,
  DeleteOptions,
  IntactThreadSummary,
  JsonValue,
  ListOptions,
  LoadOptions,
  Previous,
  SaveOptions,
  SerializedThread,
  StoredThread,
  DeleteExpiredOptions,
  DeleteExpiredResult,
  ThreadDetails,
  ThreadMetadata,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  ThreadText,
  UpdateChange,
  UpdateOptions,
  Version,
} from "./thread-store.ts";
export { updateThread } from "./operations/update.ts";
