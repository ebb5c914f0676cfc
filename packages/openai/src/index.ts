export { AgentError, agentErrorCodes, type AgentErrorCode, type AgentErrorDetails } from "./agent-error.ts";
export {
  createChatAgent,
  type ChatAgent,
  type ChatAgentOptions,
  type ChatRunOptions,
  type DeserializeOptions,
} from "./chat/chat-agent.ts";
export type { ChatEvent } from "./run/chat-event.ts";
export type { ChatInput } from "./chat/chat-input.ts";
export type { ChatMessage } from "./chat/chat-message.ts";
export type { ChatParameters } from "./chat/chat-parameters.ts";
export type { ChatResult } from "./chat/chat-result.ts";
export type { ChatRunStream } from "./run/run-stream.ts";
export type { ChatThread } from "./thread/chat-thread.ts";
export type { JsonObject } from "./thread/json.ts";
export type {
  StandardIssue,
  StandardOutput,
  StandardResult,
  StandardSchema,
} from "./tools/standard-schema.ts";
export {
  defineTool,
  type JsonSchema,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolOutcome,
} from "./tools/tools.ts";
