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
export { errorsLast } from "./errors-last.ts";
export type { FindingsListener } from "./message-store.ts";
export type { PostOptions } from "./post-messages.ts";
export { FINDING_CODES, type Finding, type FindingCode } from "./repair/finding.ts";
export type { RejectionDecider } from "./rejected/rejection.ts";
export {
  checkConversation,
  type CheckConversationOptions,
  repairConversation,
  type RepairedConversation,
} from "./repair/repair-conversation.ts";
export type { ConversationLimits, ShortenText } from "./repair/text-lengths.ts";
export {
  type AppendUIMessagesOptions,
  modelMessageStore,
  type ModelMessageStoreOptions,
  type UIMessageStore,
  uiMessageStore,
  type UIMessageStoreOptions,
} from "./stores.ts";
export type { TurnLeaseOptions } from "./turn-lease.ts";
export type { EndEvent, StepEvent } from "./turn-steps.ts";
export type { Turn, TurnOptions } from "./turn.ts";
export type { RepairOptions, UIMessageSchemas } from "./ui-message-kind.ts";
