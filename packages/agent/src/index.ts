export { AgentError, type AgentErrorCode, type AgentErrorDetails } from "./agent-error.ts";
export type { AgentOptions } from "./agent-options.ts";
export type { Agent, DeserializeOptions } from "./run/agent.ts";
export type { ContextProvider, ContextRequest, ProvidedContext } from "./context/context-provider.ts";
export {
  keepLastTurns,
  keepTokens,
  type HistoryReducer,
  type TokenBudget,
} from "./context/history-reducer.ts";
export type { ProviderState } from "./context/provider-state.ts";
export {
  summarize,
  type SummarizeOptions,
  type Summarizer,
  type SummaryRequest,
} from "./context/summarize.ts";
export type { LeaseOptions } from "@threadstore/core/documents";
export type { ConversationOptions } from "./conversation/conversation-options.ts";
export type {
  Conversation,
  ConversationEvent,
  ConversationResult,
  LoadedConversation,
  RewindOptions,
  RewoundConversation,
  Saved,
  Settled,
} from "./conversation/conversation.ts";
export { openConversation } from "./conversation/open-conversation.ts";
export { storedHistory, type StoredHistory, type StoredHistoryOptions } from "./history/stored-history.ts";
export { type Limit, type Provider, PROVIDER_LIMITS, type ProviderLimits } from "./limits/provider-limits.ts";
export type { ShortenText } from "./limits/shorten-text.ts";
export type {
  CheckOptions,
  MessageCheckOptions,
  ProviderCheckOptions,
  ProviderOptions,
} from "./repair/check-options.ts";
export { FINDING_CODES, type Finding } from "./findings/finding.ts";
export type { FindingCode, RepairAction, RepairChoices, RepairPolicy } from "./findings/repair-policy.ts";
export type { AnyThread, RepairedThread } from "./repair/repair-thread.ts";
export type { RepairChange } from "./findings/repairer.ts";
export type { LeftOut } from "./left-out.ts";
export type { AbandonedTurn, AbandonOptions } from "./run/abandon-turn.ts";
export type { RunEvent, ToolEvent } from "./run/run-event.ts";
export type {
  ApprovalDecision,
  ApprovalOptions,
  OnProgress,
  OpenTurnPolicy,
  RunOptions,
} from "./run/run-options.ts";
export type { RunResult } from "./run-result.ts";
export type { RunStream } from "./run/run-stream.ts";
export type { OpenTurn, PendingApproval, Thread, ThreadSnapshot, TurnState } from "./thread.ts";
export { defineTool } from "./tools/define-tool.ts";
export type {
  StandardIssue,
  StandardOutput,
  StandardResult,
  StandardSchema,
} from "./tools/standard-schema.ts";
export type { JsonSchema, PreparedCall, Tool, ToolContext, ToolDefinition } from "./tools/tool.ts";
