export { AgentError, agentErrorCodes, type AgentErrorCode, type AgentErrorDetails } from "./agent-error.ts";
export type { AgentCoreOptions } from "./agent-options.ts";
export type { Agent, DeserializeOptions } from "./agent.ts";
export type { ContextProvider, ContextRequest, KeptState, Provision } from "./context/context-provider.ts";
export { keepLastTurns, keepTokens, type Reducer, type TokenBudget } from "./context/reducer.ts";
export {
  summarize,
  type SummarizeOptions,
  type Summarizer,
  type SummaryRequest,
} from "./context/summarize.ts";
export {
  openConversation,
  type Conversation,
  type ConversationEvent,
  type ConversationOptions,
  type LeaseOptions,
  type LoadedConversation,
  type Saved,
} from "./conversation/conversation.ts";
export { damageCodes, type Damage } from "./repair/damage.ts";
export type { CheckOptions } from "./repair/mend-thread.ts";
export type { ThreadChange } from "./repair/mender.ts";
export type { DamageCode, RepairAction, RepairChoices, RepairPolicy } from "./repair/policy.ts";
export type { AnyThread, RepairedThread } from "./repair/repair-thread.ts";
export type { RunEvent, ToolEvent } from "./run/run-event.ts";
export type { ApprovalDecision, ApprovalOptions, OnProgress, RunOptions } from "./run/run-options.ts";
export type { RunResult } from "./run/run-result.ts";
export type { RunStream } from "./run/run-stream.ts";
export type { JsonObject } from "./thread/json.ts";
export type { OpenTurn, PendingApproval, Thread, ThreadSnapshot } from "./thread/thread.ts";
export { defineTool } from "./tools/define-tool.ts";
export type {
  StandardIssue,
  StandardOutput,
  StandardResult,
  StandardSchema,
} from "./tools/standard-schema.ts";
export type { JsonSchema, PreparedCall, Tool, ToolContext, ToolDefinition } from "./tools/tool.ts";
