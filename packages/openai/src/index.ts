export {
  AgentError,
  defineTool,
  keepLastTurns,
  keepTokens,
  openConversation,
  storedHistory,
  summarize,
  type Agent,
  type AgentErrorCode,
  type ApprovalDecision,
  type ContextProvider,
  type Conversation,
  type ConversationOptions,
  type DeserializeOptions,
  type Finding,
  type HistoryReducer,
  type LoadedConversation,
  type PendingApproval,
  type RepairChange,
  type RepairPolicy,
  type RunResult,
  type RunStream,
  type Thread,
  type ThreadSnapshot,
  type Tool,
  type ToolContext,
} from "@threadstore/agent";
export { createChatAgent, type ChatAgent, type ChatEvent, type ChatResult } from "./chat/chat-agent.ts";
export type { ChatInput } from "./chat/chat-input.ts";
export type { ChatMessage } from "./chat/chat-message.ts";
export type { ChatAgentOptions, ChatRunOptions } from "./chat/chat-options.ts";
export type { ChatParameters } from "./chat/chat-parameters.ts";
export { chatSummarizer, type ChatSummarizerOptions } from "./chat/chat-summarizer.ts";
export type { ChatThread } from "./chat/chat-thread.ts";
export { checkThread, repairThread } from "./repair.ts";
export {
  createResponsesAgent,
  type ResponsesAgent,
  type ResponsesEvent,
  type ResponsesResult,
} from "./responses/responses-agent.ts";
export type { ResponseItem } from "./responses/response-item.ts";
export type { ResponsesInput } from "./responses/responses-input.ts";
export type { ResponsesAgentOptions, ResponsesRunOptions } from "./responses/responses-options.ts";
export type { ResponsesParameters } from "./responses/responses-parameters.ts";
export type { ResponsesThread } from "./responses/responses-thread.ts";
