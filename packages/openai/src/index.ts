export {
  AgentError,
  agentErrorCodes,
  damageCodes,
  defineTool,
  keepLastTurns,
  keepTokens,
  openConversation,
  summarize,
  type Agent,
  type AgentErrorCode,
  type ApprovalDecision,
  type ContextProvider,
  type Conversation,
  type ConversationOptions,
  type Damage,
  type DeserializeOptions,
  type JsonObject,
  type JsonSchema,
  type Reducer,
  type RepairPolicy,
  type RunResult,
  type RunStream,
  type StandardSchema,
  type Thread,
  type ThreadChange,
  type ThreadSnapshot,
  type Tool,
  type ToolContext,
} from "@threadstore/agent";
export {
  createChatAgent,
  type ChatAgent,
  type ChatAgentOptions,
  type ChatEvent,
  type ChatResult,
  type ChatRunOptions,
} from "./chat/chat-agent.ts";
export type { ChatInput } from "./chat/chat-input.ts";
export type { ChatMessage } from "./chat/chat-message.ts";
export type { ChatParameters } from "./chat/chat-parameters.ts";
export { chatSummarizer, type ChatSummarizerOptions } from "./chat/chat-summarizer.ts";
export type { ChatThread } from "./chat/chat-thread.ts";
export { checkThread, repairThread } from "./repair.ts";
export {
  createResponsesAgent,
  type ResponsesAgent,
  type ResponsesAgentOptions,
  type ResponsesEvent,
  type ResponsesResult,
  type ResponsesRunOptions,
  type ResponsesThread,
} from "./responses/responses-agent.ts";
export type { ResponseItem } from "./responses/response-item.ts";
export type { ResponsesInput } from "./responses/responses-input.ts";
export type { ResponsesParameters } from "./responses/responses-parameters.ts";
