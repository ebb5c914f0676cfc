export {
  SessionServiceError,
  type SessionServiceErrorCode,
  type SessionServiceErrorDetails,
} from "./session-service-error.ts";
export { ThreadStoreSessionService, type ThreadStoreSessionServiceOptions } from "./session-service.ts";
