export { claudeSessionStore, type ClaudeSessionStoreOptions } from "./claude-session-store.ts";
export {
  SessionStoreError,
  type SessionStoreErrorCode,
  type SessionStoreErrorDetails,
} from "./session-store-error.ts";
