export { AgentError, agentErrorCodes, type AgentErrorCode, type AgentErrorDetails } from "./agent-error.ts";
export {
  createChatAgent,
  type ChatAgent,
  type ChatAgentOptions,
  type ChatEvent,
  type ChatResult,
  type ChatRunOptions,
  type ChatRunStream,
} from "./chat/chat-agent.ts";
export type { ChatInput } from "./chat/chat-input.ts";
export type { ChatMessage } from "./chat/chat-message.ts";
export type { ChatParameters } from "./chat/chat-parameters.ts";
export { chatSummarizer, type ChatSummarizerOptions } from "./chat/chat-summarizer.ts";
export type { ChatThread } from "./chat/chat-thread.ts";
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
export { describeGoneCall } from "./repair/gone-tools.ts";
export { interruptedAnswer, interruptedResult } from "./repair/interrupted.ts";
export type { CheckOptions } from "./repair/mend-thread.ts";
export type { ThreadChange } from "./repair/mender.ts";
export type { DamageCode, RepairAction, RepairChoices, RepairPolicy } from "./repair/policy.ts";
export { checkThread, repairThread, type AnyThread, type RepairedThread } from "./repair/repair-thread.ts";
export type { ContextProvider, ContextRequest, KeptState, Provision } from "./context/context-provider.ts";
export { keepLastTurns, keepTokens, type Reducer, type TokenBudget } from "./context/reducer.ts";
export {
  summarize,
  type SummarizeOptions,
  type Summarizer,
  type SummaryRequest,
} from "./context/summarize.ts";
export type { AgentCoreOptions } from "./run/agent-core.ts";
export {
  createResponsesAgent,
  type ResponsesAgent,
  type ResponsesAgentOptions,
  type ResponsesEvent,
  type ResponsesResult,
  type ResponsesRunOptions,
  type ResponsesRunStream,
  type ResponsesThread,
} from "./responses/responses-agent.ts";
export type { ResponseItem } from "./responses/response-item.ts";
export type { ResponsesInput } from "./responses/responses-input.ts";
export type { ResponsesParameters } from "./responses/responses-parameters.ts";
export type { ResponsesStorage } from "./responses/service-state.ts";
export type { Agent, DeserializeOptions } from "./run/agent.ts";
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
