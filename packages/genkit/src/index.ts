export { SnapshotError, type SnapshotErrorCode, type SnapshotErrorDetails } from "./snapshot-error.ts";
export { threadSessionStore, type ThreadSessionStoreOptions } from "./thread-session-store.ts";
