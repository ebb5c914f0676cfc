import type { Agent, RunEvent, RunResult } from "@threadstore/agent";
import { createAgent } from "@threadstore/agent/provider";
import type { CompletionUsage } from "openai/resources/completions";
import type { ChatInput } from "./chat-input.ts";
import type { ChatMessage } from "./chat-message.ts";
import { type ChatAgentOptions, type ChatRunOptions, readChatOptions } from "./chat-options.ts";
import { createChatProtocol } from "./chat-protocol.ts";
import type { ChatThread } from "./chat-thread.ts";

/** The result of a run of a chat agent. */
export type ChatResult = RunResult<ChatThread, ChatMessage, CompletionUsage>;

/** An event of a streamed run of a chat agent. */
export type ChatEvent = RunEvent<ChatMessage>;

/** An agent that uses Chat Completions. Its threads store all messages. */
export type ChatAgent = Agent<ChatInput, ChatThread, ChatRunOptions, ChatResult, ChatEvent>;

/** Creates an agent that uses Chat Completions. Throws `INVALID_ARGUMENT`. */
export function createChatAgent(options: ChatAgentOptions): ChatAgent {
  const settings = readChatOptions(options);
  return createAgent(settings, createChatProtocol(settings));
}
