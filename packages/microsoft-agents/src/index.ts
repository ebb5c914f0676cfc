export { MISSING_ETAG } from "./item.ts";
export { stateStorage } from "./state-storage.ts";
export { StorageError, type StorageErrorCode, type StorageErrorDetails } from "./storage-error.ts";
export { threadStorage, type ThreadStorageOptions } from "./thread-storage.ts";
