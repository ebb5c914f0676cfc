import { type EmitEvent, splitCharacters } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { streamInterrupted } from "../model-error.ts";
import type { ChatMessage } from "./chat-message.ts";

/** The body of a request, whether it is streamed or not. */
export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/** The members of a response that are read. Compatible servers differ in all others. */
export interface Completion {
  readonly choices: readonly { readonly message: unknown; readonly finish_reason: unknown }[];
  readonly usage?: CompletionUsage | null | undefined;
}

/**
 * Streams a response, emitting its text as it arrives, and returns the complete response.
 *
 * The `openai` package assembles it, but keeps only the last piece of members that it does not know, such as
 * `reasoning_content`, and adds `parsed`. Both are corrected here.
 */
export async function streamCompletion(
  client: OpenAI,
  request: ChatRequest,
  signal: AbortSignal,
  emit: EmitEvent<ChatMessage>,
): Promise<Completion> {
  let isConnected = false;
  let usage: CompletionUsage | undefined;
  const unknownMembers = new Map<string, unknown>();
  const stream = client.chat.completions.stream(withUsage(request), { signal });
  stream.on("connect", () => {
    isConnected = true;
  });
  stream.on("chunk", (chunk) => {
    usage = chunk.usage ?? usage;
    collectUnknownMembers(unknownMembers, chunk.choices[0]?.delta);
  });
  const text = splitCharacters((delta) => {
    if (!signal.aborted) emit({ type: "text", delta });
  });
  const refusal = splitCharacters((delta) => {
    if (!signal.aborted) emit({ type: "refusal", delta });
  });
  stream.on("content", text.add);
  stream.on("refusal.delta", ({ delta }) => refusal.add(delta));
  try {
    const { choices } = await stream.finalChatCompletion();
    text.end();
    refusal.end();
    return { choices: choices.map((choice) => completeChoice(choice, unknownMembers)), usage };
  } catch (error) {
    throw isConnected ? streamInterrupted(error) : error;
  }
}

// Servers report the usage of a stream only on request. `stream_options: null` is for servers that reject the option.
function withUsage(request: ChatRequest): ChatRequest {
  const { stream_options: options, ...others } = request;
  if (options === null) return others;
  return { ...others, stream_options: { include_usage: true, ...options } };
}

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  "audio",
  "content",
  "function_call",
  "refusal",
  "role",
  "tool_calls",
]);

function collectUnknownMembers(
  members: Map<string, unknown>,
  delta: ChatCompletionChunk.Choice.Delta | undefined,
): void {
  for (const [name, piece] of Object.entries(delta ?? {})) {
    if (!KNOWN_MEMBERS.has(name)) members.set(name, joinPieces(members.get(name), piece));
  }
}

function joinPieces(previous: unknown, piece: unknown): unknown {
  if (typeof previous === "string" && typeof piece === "string") return previous + piece;
  if (Array.isArray(previous) && Array.isArray(piece)) return [...previous, ...piece] as unknown[];
  return piece ?? previous ?? null;
}

function completeChoice(
  choice: { readonly message: object; readonly finish_reason: unknown },
  unknownMembers: ReadonlyMap<string, unknown>,
): Completion["choices"][number] {
  const { parsed: _parsed, ...message } = choice.message as { parsed?: unknown };
  return {
    finish_reason: choice.finish_reason,
    message: { ...message, ...Object.fromEntries(unknownMembers) },
  };
}
