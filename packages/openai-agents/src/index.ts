export {
  checkSession,
  type CheckSessionOptions,
  repairSession,
  type RepairedSession,
} from "./repair-session.ts";
export { SessionError, type SessionErrorCode, type SessionErrorDetails } from "./session-error.ts";
export type { ThreadSessionOptions } from "./stored-session.ts";
export type { ThreadSession } from "./session.ts";
export { threadSession } from "./thread-session.ts";
