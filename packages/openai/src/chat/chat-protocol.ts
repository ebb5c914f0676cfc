import type { Provider, Tool } from "@threadstore/agent";
import type { Model, ModelRequest, Protocol } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ChatCompletionFunctionTool } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { type ChatInput, readChatInput } from "./chat-input.ts";
import type { ChatMessage } from "./chat-message.ts";
import { callChatModel } from "./chat-model.ts";
import type { ChatAgentSettings, ChatRunOptions } from "./chat-options.ts";
import { type ChatParameters, mergeChatParameters, withoutForcedCall } from "./chat-parameters.ts";
import type { ChatRequest } from "./chat-stream.ts";
import { CHAT_THREAD_KIND } from "./chat-thread.ts";
import { readToolCalls } from "./chat-tool-calls.ts";
import { sendWithoutGoneFiles } from "./leave-out-files.ts";

/** The settings that the requests of a run share. */
interface ChatEndpoint {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ChatParameters;
  readonly provider: Provider;
}

/** Implements Chat Completions for `createAgent`. */
export function createChatProtocol(
  settings: ChatAgentSettings,
): Protocol<"chat", ChatMessage, CompletionUsage, ChatInput, ChatRunOptions> {
  const { client, tools, provider } = settings;
  return {
    threads: CHAT_THREAD_KIND,
    readInput: readChatInput,
    createModel: (run) => {
      const parameters = mergeChatParameters(settings.parameters, run?.parameters, tools);
      return createChatModel({ client, model: run?.model ?? settings.model, parameters, provider });
    },
  };
}

function createChatModel(endpoint: ChatEndpoint): Model<ChatMessage, CompletionUsage> {
  const { client, provider } = endpoint;
  return {
    async ask(request) {
      const { signal, emit } = request;
      const { response, leftOut } = await sendWithoutGoneFiles(request, async (messages) => {
        const body = toChatRequest(endpoint, { ...request, messages });
        return callChatModel({ client, request: body, provider, signal, emit });
      });
      const { message, finishReason, usage } = response;
      const calls = readToolCalls(message);
      const refusal = message.refusal ?? undefined;
      return { messages: [message], calls, refusal, finishReason, usage, service: undefined, leftOut };
    },
    toToolResult: ({ callId }, content) => ({ role: "tool", tool_call_id: callId, content }),
    toAnswer: (content) => ({ role: "assistant", content }),
    readText: readLastText,
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

/** Returns the text of the last response, whether the provider sends a string or parts. */
export function readLastText(messages: readonly ChatMessage[]): string {
  const content = messages.findLast(({ role }) => role === "assistant")?.content;
  if (content === undefined || content === null || typeof content === "string") return content ?? "";
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
