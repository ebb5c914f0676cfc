import { AgentError, type Provider } from "@threadstore/agent";
import { copyJson, type EmitEvent, invalidValue } from "@threadstore/agent/provider";
import { isJsonObject, isPlainObject, untilAborted } from "@threadstore/core/documents";
import type { OpenAI } from "openai";
import type { ChatCompletionAssistantMessageParam } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { toModelError } from "../model-error.ts";
import { checkMessage, type ChatMessage } from "./chat-message.ts";
import { type ChatRequest, streamCompletion } from "./chat-stream.ts";
import { checkCalls } from "./check-calls.ts";
import type { Completion } from "./completion-assembler.ts";
import { makeCallsSendable } from "./make-calls-sendable.ts";

export interface ChatModelCall {
  readonly client: OpenAI;
  readonly request: ChatRequest;
  readonly provider: Provider;
  readonly signal: AbortSignal;
  /** If present, the response is streamed, and its pieces are emitted as they arrive. */
  readonly emit: EmitEvent<ChatMessage> | undefined;
}

export interface ChatModelResponse {
  readonly message: ChatCompletionAssistantMessageParam;
  readonly finishReason: string | undefined;
  readonly usage: CompletionUsage | undefined;
}

/** Sends a request to the model. Rejects with the signal's reason if it aborts, otherwise with an `AgentError`. */
export async function callChatModel(call: ChatModelCall): Promise<ChatModelResponse> {
  const { client, signal, emit } = call;
  const request = { ...call.request, messages: call.request.messages.map(toRequestMessage) };
  signal.throwIfAborted();
  try {
    const completion =
      emit === undefined
        ? client.chat.completions.create(withoutStreamOptions(request), { signal })
        : streamCompletion(client, request, signal, emit);
    return readCompletion(await untilAborted<Completion>(completion, signal), call.provider);
  } catch (error) {
    signal.throwIfAborted();
    throw toModelError(error);
  }
}

function withoutStreamOptions({ stream_options: _options, ...request }: ChatRequest): ChatRequest {
  return request;
}

/** Returns a message as providers accept it: the audio of an assistant message may only contain its id. */
function toRequestMessage(message: ChatMessage): ChatMessage {
  if (message.role !== "assistant" || message.audio === undefined || message.audio === null) return message;
  return { ...message, audio: { id: message.audio.id } };
}

function readCompletion(completion: Completion, provider: Provider): ChatModelResponse {
  // The HTML page of a proxy arrives as a string.
  const choices: unknown = isPlainObject(completion) ? completion.choices : undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (!isPlainObject(choice)) {
    const message =
      "The server's response is not a chat completion with a choice. Check that the client's base URL points at Chat Completions.";
    throw new AgentError("RESPONSE_INVALID", message);
  }
  const finishReason = choice["finish_reason"];
  const message = readAssistantMessage(choice["message"], finishReason, provider);
  return {
    message,
    finishReason: typeof finishReason === "string" ? finishReason : undefined,
    usage: readUsage(completion.usage),
  };
}

/** Returns a copy that a thread can store while the turn is open. */
function readUsage(usage: Completion["usage"]): CompletionUsage | undefined {
  if (!isPlainObject(usage)) return undefined;
  return copyReceived(usage, "$.usage") as unknown as CompletionUsage;
}

/** Validates a message by the same rules as those of a loaded thread, so that every saved thread can be loaded. */
function readAssistantMessage(
  value: unknown,
  finishReason: unknown,
  provider: Provider,
): ChatCompletionAssistantMessageParam {
  const path = "$.choices[0].message";
  const copy = copyReceived(value, path);
  if (isJsonObject(copy)) {
    checkCalls(copy, finishReason);
    makeCallsSendable(copy, provider);
  }
  const message = checkMessage(copy, path, "RESPONSE_INVALID");
  if (message.role !== "assistant") throw invalidValue("RESPONSE_INVALID", `${path}.role`, '"assistant"');
  return message;
}

function copyReceived(value: unknown, path: string): ReturnType<typeof copyJson> {
  return copyJson(value, { code: "RESPONSE_INVALID", loneSurrogates: "replace", path });
}
