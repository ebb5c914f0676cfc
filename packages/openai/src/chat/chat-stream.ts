import { type EmitEvent, splitCharacters } from "@threadstore/agent/provider";
import { isPlainObject } from "@threadstore/core/documents";
import type { OpenAI } from "openai";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { streamInterrupted } from "../model-error.ts";
import type { ChatMessage } from "./chat-message.ts";
import { type Completion, CompletionAssembler } from "./completion-assembler.ts";
import { receiveBody } from "./event-stream.ts";

/** The body of a request, whether it is streamed or not. */
export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/**
 * Streams a response, emitting its text as it arrives, and returns the complete response. The `openai` package sends the
 * request and parses the events. It does not assemble them: it takes pieces for one call that have the same index,
 * which compatible servers do not keep to.
 */
export async function streamCompletion(
  client: OpenAI,
  request: ChatRequest,
  signal: AbortSignal,
  emit: EmitEvent<ChatMessage>,
): Promise<Completion> {
  const assembler = new CompletionAssembler(toolNamesIn(request));
  const text = splitCharacters((delta) => {
    if (!signal.aborted) emit({ type: "text", delta });
  });
  const refusal = splitCharacters((delta) => {
    if (!signal.aborted) emit({ type: "refusal", delta });
  });
  const body = { ...withUsage(request), stream: true } as const;
  // The parser of events ends the request with it, if it gives up.
  const ended = new AbortController();
  const options = { signal: AbortSignal.any([signal, ended.signal]) };
  const response = await client.chat.completions.create(body, options).asResponse();
  let whole: string | undefined;
  try {
    const received = await receiveBody(response, client, ended);
    whole = await received.whole?.();
    for await (const chunk of whole === undefined ? received.chunks : []) {
      const added = assembler.add(chunk);
      if (added.content !== "") text.add(added.content);
      if (added.refusal !== "") refusal.add(added.refusal);
    }
    signal.throwIfAborted();
    // Some servers never send a finish reason. The end that they announce is then the only proof that nothing is missing.
    const isEnded = assembler.hasFinishReason || (received.isDone() && assembler.isComplete());
    if (whole === undefined && !isEnded) {
      throw new Error("The stream ended without a `finish_reason`.");
    }
  } catch (error) {
    throw streamInterrupted(error);
  }
  if (whole !== undefined) return readWhole(whole, emit);
  text.end();
  refusal.end();
  return assembler.completion();
}

// Servers report the usage of a stream only on request. `stream_options: null` is for servers that reject the option.
function withUsage(request: ChatRequest): ChatRequest {
  const { stream_options: options, ...others } = request;
  if (options === null) return others;
  return { ...others, stream_options: { include_usage: true, ...options } };
}

function toolNamesIn({ tools = [] }: ChatRequest): Set<string> {
  return new Set(tools.flatMap((tool) => (tool.type === "function" ? tool.function.name : [])));
}

/** Reads the response of a server that does not stream. Anything but a completion is left to be rejected. */
function readWhole(text: string, emit: EmitEvent<ChatMessage>): Completion {
  if (/^\s*</u.test(text)) return text as unknown as Completion;
  const completion: unknown = JSON.parse(text);
  const choices: unknown = isPlainObject(completion) ? completion["choices"] : undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const message: unknown = isPlainObject(choice) ? choice["message"] : undefined;
  const { content, refusal } = isPlainObject(message) ? message : {};
  if (typeof content === "string" && content !== "") emit({ type: "text", delta: content });
  if (typeof refusal === "string" && refusal !== "") emit({ type: "refusal", delta: refusal });
  return completion as Completion;
}
