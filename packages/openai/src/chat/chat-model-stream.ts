import { type EmitEvent, wholeCharacters } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { explainInterruption } from "../model-error.ts";
import type { ChatMessage } from "./chat-message.ts";
import type { ChatRequest, Completion } from "./chat-model.ts";

/**
 * Asks the model for a stream and gives the whole answer, emitting its text as it comes.
 *
 * The `openai` package puts the answer together. What it does not keep is kept here: it overwrites members
 * that it does not know, such as `reasoning_content`, with their last piece, and adds `parsed`.
 */
export async function streamCompletion(
  client: OpenAI,
  request: ChatRequest,
  signal: AbortSignal,
  emit: EmitEvent<ChatMessage>,
): Promise<Completion> {
  let connected = false;
  let usage: CompletionUsage | undefined;
  const extras = new Map<string, unknown>();
  const stream = client.chat.completions.stream(withUsage(request), { signal });
  stream.on("connect", () => {
    connected = true;
  });
  stream.on("chunk", (chunk) => {
    usage = chunk.usage ?? usage;
    collectExtras(extras, chunk.choices[0]?.delta);
  });
  const text = wholeCharacters((delta) => {
    if (!signal.aborted) emit({ type: "text", delta });
  });
  const refusal = wholeCharacters((delta) => {
    if (!signal.aborted) emit({ type: "refusal", delta });
  });
  stream.on("content", text.add);
  stream.on("refusal.delta", ({ delta }) => refusal.add(delta));
  try {
    const { choices } = await stream.finalChatCompletion();
    text.end();
    refusal.end();
    return { choices: choices.map((choice) => completeChoice(choice, extras)), usage };
  } catch (error) {
    throw connected ? explainInterruption(error) : error;
  }
}

// Without being asked, servers count no tokens of a stream. `stream_options: null` is for those that refuse.
function withUsage(request: ChatRequest): ChatRequest {
  const { stream_options: options, ...rest } = request;
  if (options === null) return rest;
  return { ...rest, stream_options: { include_usage: true, ...options } };
}

const merged: ReadonlySet<string> = new Set([
  "audio",
  "content",
  "function_call",
  "refusal",
  "role",
  "tool_calls",
]);

function collectExtras(
  extras: Map<string, unknown>,
  delta: ChatCompletionChunk.Choice.Delta | undefined,
): void {
  for (const [name, piece] of Object.entries(delta ?? {})) {
    if (!merged.has(name)) extras.set(name, join(extras.get(name), piece));
  }
}

function join(before: unknown, piece: unknown): unknown {
  if (typeof before === "string" && typeof piece === "string") return before + piece;
  if (Array.isArray(before) && Array.isArray(piece)) return [...before, ...piece] as unknown[];
  return piece ?? before ?? null;
}

function completeChoice(
  choice: { readonly message: object; readonly finish_reason: unknown },
  extras: ReadonlyMap<string, unknown>,
): Completion["choices"][number] {
  const { parsed: _parsed, ...message } = choice.message as { parsed?: unknown };
  return { finish_reason: choice.finish_reason, message: { ...message, ...Object.fromEntries(extras) } };
}
