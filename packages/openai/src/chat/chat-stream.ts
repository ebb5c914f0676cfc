import { type EmitEvent, splitCharacters } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from "openai/resources/chat/completions";
import { Stream } from "openai/streaming";
import { streamInterrupted } from "../model-error.ts";
import type { ChatMessage } from "./chat-message.ts";
import { type Completion, CompletionAssembler } from "./completion-assembler.ts";

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
  const received = await client.chat.completions.create(body, { signal }).asResponse();
  if (!isStream(received)) return readWhole(received, emit);
  const { response, isDone } = watchEnd(received);
  try {
    for await (const chunk of chunksOf(response, client)) {
      const added = assembler.add(chunk);
      if (added.content !== "") text.add(added.content);
      if (added.refusal !== "") refusal.add(added.refusal);
    }
    signal.throwIfAborted();
    // Some servers never send a finish reason. The end that they announce is then the only proof that nothing is missing.
    if (!assembler.hasFinishReason && !(isDone() && assembler.isComplete())) {
      throw new Error("The stream ended without a `finish_reason`.");
    }
  } catch (error) {
    throw streamInterrupted(error);
  }
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

function chunksOf(response: Response, client: OpenAI): AsyncIterable<ChatCompletionChunk> {
  return Stream.fromSSEResponse<ChatCompletionChunk>(response, new AbortController(), client);
}

function isStream({ headers }: Response): boolean {
  return !/^(?:application\/json|text\/html)\b/iu.test(headers.get("content-type") ?? "");
}

/** Reads the response of a server that does not stream. A page of a proxy is returned as text, to be refused. */
async function readWhole(response: Response, emit: EmitEvent<ChatMessage>): Promise<Completion> {
  const text = await response.text();
  if (/^\s*</u.test(text)) return text as unknown as Completion;
  const completion = JSON.parse(text) as Completion;
  const { content } = (completion.choices[0]?.message ?? {}) as { content?: unknown };
  if (typeof content === "string" && content !== "") emit({ type: "text", delta: content });
  return completion;
}

/** How many bytes at the end of a response can contain its last event, `data: [DONE]`. */
const END_BYTES = 64;

/** Returns a response like the given one, and a function that tells whether it ended with the event `[DONE]`. */
function watchEnd(response: Response): { response: Response; isDone: () => boolean } {
  let end = "";
  const decoder = new TextDecoder();
  const watcher = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      end = (end + decoder.decode(chunk.subarray(-END_BYTES))).slice(-END_BYTES);
      controller.enqueue(chunk);
    },
  });
  const { body, headers, status } = response;
  return {
    response: new Response(body?.pipeThrough(watcher) ?? null, { headers, status }),
    isDone: () => /(?:^|\n)data: ?\[DONE\]\s*$/u.test(end),
  };
}
