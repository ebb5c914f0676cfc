export type {
  Compact,
  CompactingSessionOptions,
  CompactingThreadSession,
  Compaction,
  CompactionRequest,
} from "./compacting-session.ts";
export {
  checkSession,
  type CheckSessionOptions,
  repairSession,
  type RepairedSession,
} from "./repair-session.ts";
export { SessionError, type SessionErrorCode, type SessionErrorDetails } from "./session-error.ts";
export type { ThreadSessionOptions } from "./session-options.ts";
export type { ThreadSession } from "./session.ts";
export { threadSession } from "./thread-session.ts";
