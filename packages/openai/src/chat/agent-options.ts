import { checkText, readAgentCore, type AgentCore, unexpected } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ChatAgentOptions } from "./chat-agent.ts";
import type { ChatMessage } from "./chat-message.ts";
import { mergeParameters, type ChatParameters } from "./chat-parameters.ts";

/** The options of a chat agent, checked and with their defaults. */
export interface ChatAgentSettings extends AgentCore<ChatMessage> {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ChatParameters;
}

export function readAgentOptions(options: ChatAgentOptions): ChatAgentSettings {
  const { client, model } = options;
  if (typeof (client as Partial<OpenAI> | undefined)?.chat?.completions?.create !== "function") {
    throw unexpected("INVALID_ARGUMENT", "client", "a client of the openai package");
  }
  checkText(model, "model");
  const core = readAgentCore(options);
  const parameters = mergeParameters(options.parameters, undefined, core.tools);
  return { ...core, client, model, parameters };
}
