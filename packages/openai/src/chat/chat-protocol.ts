import type { Tool } from "@threadstore/agent";
import type { ModelRequest, Protocol } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ChatCompletionFunctionTool } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { ChatMessage } from "./chat-message.ts";
import { callModel, type ChatRequest } from "./chat-model.ts";
import { withoutForcedCall, type ChatParameters } from "./chat-parameters.ts";
import { readToolCalls } from "./message-units.ts";

/** What the requests of a run have in common. */
export interface ChatEndpoint {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ChatParameters;
}

/** How Chat Completions are asked. */
export function createChatProtocol(endpoint: ChatEndpoint): Protocol<ChatMessage, CompletionUsage> {
  return {
    async ask(request) {
      const { signal, emit } = request;
      const call = { client: endpoint.client, request: toChatRequest(endpoint, request), signal, emit };
      const { message, finishReason, usage } = await callModel(call);
      const calls = readToolCalls(message);
      const refusal = message.refusal ?? undefined;
      return { messages: [message], calls, refusal, finishReason, usage, service: undefined };
    },
    toToolResult: ({ callId }, content) => ({ role: "tool", tool_call_id: callId, content }),
    readText,
  };
}

function toChatRequest({ model, parameters }: ChatEndpoint, request: ModelRequest<ChatMessage>): ChatRequest {
  const { instructions, tools, isFirst } = request;
  const system = instructions.map((content): ChatMessage => ({ role: "system", content }));
  return {
    ...(isFirst ? parameters : withoutForcedCall(parameters)),
    model,
    messages: [...system, ...request.messages],
    ...(tools.size === 0 ? {} : { tools: [...tools.values()].map(toWireTool) }),
  };
}

function toWireTool({ name, description, strict, jsonSchema }: Tool): ChatCompletionFunctionTool {
  return {
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: jsonSchema,
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

/** The text of the last answer, whether the provider sends a string or parts. */
export function readText(messages: readonly ChatMessage[]): string {
  const content = messages.findLast(({ role }) => role === "assistant")?.content;
  if (content === undefined || content === null || typeof content === "string") return content ?? "";
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
