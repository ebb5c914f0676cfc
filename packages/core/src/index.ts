// The entry point for users. Operators' scripts import from "@threadstore/core/maintenance", and adapters, decorators and
// agent packages from "@threadstore/core/driver", "@threadstore/core/decorator" and "@threadstore/core/documents".
export { ThreadStoreError, type ThreadStoreErrorCode, THREAD_STORE_ERROR_CODES } from "./errors.ts";
export { type MemoryRecords, memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export type { CallDiagnostics } from "./runtime/diagnostics.ts";
export type {
  AppendOptions,
  AppendResult,
  CallOptions,
  DeleteOptions,
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
  TouchOptions,
  TouchResult,
  UpdateChange,
  UpdateOptions,
  Version,
} from "./thread-store.ts";
export type { StoreOptions } from "./validation/store-options.ts";
