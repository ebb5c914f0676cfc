import type { AgentCoreOptions, Agent, RunEvent, RunOptions, RunResult, RunStream } from "@threadstore/agent";
import { createAgent } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { CompletionUsage } from "openai/resources/completions";
import { readAgentOptions } from "./agent-options.ts";
import { readInput, type ChatInput } from "./chat-input.ts";
import type { ChatMessage } from "./chat-message.ts";
import { mergeParameters, type ChatParameters } from "./chat-parameters.ts";
import { createChatProtocol } from "./chat-protocol.ts";
import { chatThreadKind, type ChatThread } from "./chat-thread.ts";

/** What a chat agent is made of. */
export interface ChatAgentOptions extends AgentCoreOptions<ChatMessage> {
  /**
   * A client of the `openai` package: `OpenAI`, `AzureOpenAI`, or one whose base URL points at whatever speaks
   * Chat Completions. Its credentials, retries and timeouts are its own.
   */
  readonly client: OpenAI;
  /** The model, or with Azure the deployment. */
  readonly model: string;
  /** Sent with every request. */
  readonly parameters?: ChatParameters | undefined;
}

export interface ChatRunOptions extends RunOptions {
  /**
   * Another model for this run.
   * @default the agent's
   */
  readonly model?: string | undefined;
  /** Laid over the agent's parameters for this run; a member that is `undefined` takes the agent's away. */
  readonly parameters?: ChatParameters | undefined;
}

/** What a run of a chat agent came to. */
export type ChatResult = RunResult<ChatThread, ChatMessage, CompletionUsage>;

/** What happens during a streamed run of a chat agent. */
export type ChatEvent = RunEvent<ChatMessage>;

export type ChatRunStream = RunStream<ChatResult, ChatEvent>;

/** An agent on Chat Completions, whose threads hold their messages. */
export type ChatAgent = Agent<ChatInput, ChatThread, ChatRunOptions, ChatResult, ChatEvent>;

/** Makes a chat agent. Throws `INVALID_ARGUMENT`. */
export function createChatAgent(options: ChatAgentOptions): ChatAgent {
  const settings = readAgentOptions(options);
  const { client, tools } = settings;
  return createAgent(settings, {
    threads: chatThreadKind,
    readInput,
    createProtocol: (run: ChatRunOptions | undefined) => {
      const parameters = mergeParameters(settings.parameters, run?.parameters, tools);
      return createChatProtocol({ client, model: run?.model ?? settings.model, parameters });
    },
  });
}
