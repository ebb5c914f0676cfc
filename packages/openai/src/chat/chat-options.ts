import type { AgentOptions, RunOptions } from "@threadstore/agent";
import { type AgentSettings, invalidValue, readAgentOptions, requireText } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ChatClient } from "../client.ts";
import { detectProvider } from "../detect-provider.ts";
import type { ChatMessage } from "./chat-message.ts";
import { type ChatParameters, mergeChatParameters } from "./chat-parameters.ts";

/** Options of `createChatAgent`. */
export interface ChatAgentOptions extends AgentOptions<ChatMessage> {
  /**
   * A client of the `openai` package: `OpenAI`, `AzureOpenAI`, or one whose base URL points at a server that
   * implements Chat Completions. Configure credentials, retries and timeouts on the client.
   */
  readonly client: ChatClient;
  /** The model, or the deployment on Azure. */
  readonly model: string;
  /** Parameters of every request. */
  readonly parameters?: ChatParameters | undefined;
}

/** Options of a run of a chat agent. */
export interface ChatRunOptions extends RunOptions {
  /**
   * The model for this run.
   * @default the agent's model
   */
  readonly model?: string | undefined;
  /** Override the agent's parameters for this run. A parameter set to `undefined` removes the agent's. */
  readonly parameters?: ChatParameters | undefined;
}

/** Validated {@link ChatAgentOptions}, with defaults. */
export interface ChatAgentSettings extends AgentSettings<ChatMessage> {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ChatParameters;
}

/** Validates the options of a chat agent. Throws `INVALID_ARGUMENT` with the path. */
export function readChatOptions(options: ChatAgentOptions): ChatAgentSettings {
  const client = readChatClient(options.client);
  const { model } = options;
  requireText(model, "model");
  const settings = readAgentOptions({ ...options, provider: options.provider ?? detectProvider(client) });
  const parameters = mergeChatParameters(options.parameters, undefined, settings.tools);
  return { ...settings, client, model, parameters };
}

/** Returns the client with the type of the installed `openai`. Throws `INVALID_ARGUMENT` with the path. */
export function readChatClient(client: ChatClient): OpenAI {
  if (typeof (client as Partial<OpenAI> | undefined)?.chat?.completions?.create !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "client", "a client of the openai package", client);
  }
  return client as OpenAI;
}
