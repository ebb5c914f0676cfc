export {
  SessionError,
  type SessionErrorCode,
  sessionErrorCodes,
  type SessionErrorDetails,
} from "./session-error.ts";
export type { ThreadSessionOptions } from "./session-record.ts";
export { threadSession, type ThreadSession } from "./thread-session.ts";
