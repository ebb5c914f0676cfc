export { AgentError, agentErrorCodes, type AgentErrorCode, type AgentErrorDetails } from "./agent-error.ts";
export {
  createChatAgent,
  type ChatAgent,
  type ChatAgentOptions,
  type ChatRunOptions,
  type DeserializeOptions,
} from "./chat-agent.ts";
export type { ChatEvent } from "./chat-event.ts";
export type { ChatInput } from "./chat-input.ts";
export type { ChatMessage } from "./chat-message.ts";
export type { ChatParameters } from "./chat-parameters.ts";
export type { ChatResult } from "./chat-result.ts";
export type { ChatRunStream } from "./run-stream.ts";
export type { ChatThread } from "./chat-thread.ts";
export type { JsonObject } from "./json.ts";
export type { StandardIssue, StandardOutput, StandardResult, StandardSchema } from "./standard-schema.ts";
export {
  defineTool,
  type JsonSchema,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolOutcome,
} from "./tools.ts";
