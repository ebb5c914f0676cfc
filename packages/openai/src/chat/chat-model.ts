import { AgentError, type JsonObject } from "@threadstore/agent";
import {
  type EmitEvent,
  untilAborted,
  copyJson,
  isJsonObject,
  isPlainObject,
  unexpected,
} from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParamsNonStreaming,
} from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { explainModelError } from "../model-error.ts";
import { checkMessage, type ChatMessage } from "./chat-message.ts";
import { streamCompletion } from "./chat-model-stream.ts";

/** The body of a request; whether it is streamed is decided at the call. */
export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/** One call of the model. */
export interface ModelCall {
  readonly client: OpenAI;
  readonly request: ChatRequest;
  readonly signal: AbortSignal;
  /** With it the answer is streamed, and its pieces are emitted as they come. */
  readonly emit: EmitEvent<ChatMessage> | undefined;
}

export interface ModelAnswer {
  readonly message: ChatCompletionAssistantMessageParam;
  readonly finishReason: string | undefined;
  readonly usage: CompletionUsage | undefined;
}

/** What is read of an answer; the servers that speak the protocol differ in everything else. */
export interface Completion {
  readonly choices: readonly { readonly message: unknown; readonly finish_reason: unknown }[];
  readonly usage?: CompletionUsage | null | undefined;
}

/** Asks the model. Rejects with the signal's reason when aborted, and otherwise with an AgentError. */
export async function callModel(call: ModelCall): Promise<ModelAnswer> {
  const { client, signal, emit } = call;
  const request = { ...call.request, messages: call.request.messages.map(toRequestMessage) };
  signal.throwIfAborted();
  try {
    const completion =
      emit === undefined
        ? client.chat.completions.create(withoutStreamOptions(request), { signal })
        : streamCompletion(client, request, signal, emit);
    return readCompletion(await untilAborted<Completion>(completion, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw explainModelError(error);
  }
}

function withoutStreamOptions({ stream_options: _options, ...request }: ChatRequest): ChatRequest {
  return request;
}

/** A message as providers take it back: of its own audio an assistant message may name the id alone. */
function toRequestMessage(message: ChatMessage): ChatMessage {
  if (message.role !== "assistant" || message.audio === undefined || message.audio === null) return message;
  return { ...message, audio: { id: message.audio.id } };
}

function readCompletion(completion: Completion): ModelAnswer {
  // A proxy's page of HTML arrives here as a string.
  const choices: unknown = isPlainObject(completion) ? completion.choices : undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (!isPlainObject(choice)) {
    const message =
      "The server's answer is not a chat completion with a choice. Does the client's base URL point at Chat Completions?";
    throw new AgentError("RESPONSE_INVALID", message);
  }
  const message = readAssistantMessage(choice["message"]);
  const finishReason = choice["finish_reason"];
  return {
    message,
    finishReason: typeof finishReason === "string" ? finishReason : undefined,
    usage: readUsage(completion.usage),
  };
}

/** A copy that a thread can keep while the turn is open. */
function readUsage(usage: Completion["usage"]): CompletionUsage | undefined {
  if (!isPlainObject(usage)) return undefined;
  const copy = copyJson(usage, { code: "RESPONSE_INVALID", mendText: true }, "$.usage");
  return copy as unknown as CompletionUsage;
}

/** Held to the same rules as a loaded thread's messages, so that no run makes a thread that does not load. */
function readAssistantMessage(value: unknown): ChatCompletionAssistantMessageParam {
  const path = "$.choices[0].message";
  const copy = copyJson(value, { code: "RESPONSE_INVALID", mendText: true }, path);
  if (isJsonObject(copy)) nameToolCalls(copy);
  const message = checkMessage(copy, path, "RESPONSE_INVALID");
  if (message.role !== "assistant") throw unexpected("RESPONSE_INVALID", `${path}.role`, '"assistant"');
  return message;
}

// Some servers leave out the ids of tool calls, or give two calls the same; a result must name its call.
function nameToolCalls(message: JsonObject): void {
  const calls = message["tool_calls"];
  if (!Array.isArray(calls)) return;
  const ids = new Set<unknown>();
  for (const call of calls) {
    if (!isJsonObject(call)) continue;
    // Without hyphens, since providers take ids of at most 40 characters.
    if (!call["id"] || ids.has(call["id"])) call["id"] = `call_${crypto.randomUUID().replaceAll("-", "")}`;
    ids.add(call["id"]);
  }
}
