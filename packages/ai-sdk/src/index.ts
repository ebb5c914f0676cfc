export type {
  AppendMessagesOptions,
  ConflictPolicy,
  Conversation,
  LoadMessagesOptions,
  MessageStore,
  SaveMessagesOptions,
} from "./conversation.ts";
export {
  ConversationError,
  type ConversationErrorCode,
  type ConversationErrorDetails,
} from "./conversation-error.ts";
export {
  modelMessageStore,
  type ModelMessageStoreOptions,
  type UIMessageStore,
  uiMessageStore,
  type UIMessageStoreOptions,
} from "./stores.ts";
export type { Turn, TurnOptions } from "./turn.ts";
export type { UIMessageSchemas } from "./ui-message-kind.ts";
