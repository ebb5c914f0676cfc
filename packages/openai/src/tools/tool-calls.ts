import type { ChatCompletionToolMessageParam } from "openai/resources/chat/completions";
import type { ChatEvent, EmitEvent } from "../run/chat-event.ts";
import { isJsonObject, type JsonObject } from "../thread/json.ts";
import type { Tool, ToolContext } from "./tools.ts";
import { untilAborted } from "../run/until-aborted.ts";

/** A call that the model asks for; `arguments` is its text, which may be anything. */
export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}

/** What the calls of one message run with. */
export interface ToolCallSetup {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly context: Omit<ToolContext, "callId">;
  readonly emit: EmitEvent;
}

interface ToolAnswer {
  readonly content: string;
  readonly isError: boolean;
}

// Enough for a sentence; a stack or a whole page of HTML would only cost the model's attention.
const maximumFailureLength = 500;

/**
 * Runs the calls of one message at once and answers each, in their order. Whatever goes wrong with a call
 * is its answer, for the model to mend. Rejects with the signal's reason as soon as it is aborted.
 */
export async function answerToolCalls(
  calls: readonly ToolCall[],
  setup: ToolCallSetup,
): Promise<ChatCompletionToolMessageParam[]> {
  const { signal } = setup.context;
  signal.throwIfAborted();
  const answers = calls.map(async (call): Promise<ChatCompletionToolMessageParam> => {
    const { content, isError } = await answerToolCall(call, setup);
    const event: ChatEvent = {
      type: "tool-result",
      callId: call.callId,
      name: call.name,
      content,
      isError,
    };
    if (!signal.aborted) setup.emit(event);
    return { role: "tool", tool_call_id: call.callId, content };
  });
  return untilAborted(Promise.all(answers), signal);
}

async function answerToolCall(call: ToolCall, { tools, context }: ToolCallSetup): Promise<ToolAnswer> {
  const tool = tools.get(call.name);
  if (tool === undefined) {
    const names = [...tools.keys()].join(", ") || "none";
    return failure(`There is no tool ${JSON.stringify(call.name)}. Available tools: ${names}.`);
  }
  const args = parseArguments(call.arguments);
  if (args === undefined) return failure("Invalid arguments: they must be one well-formed JSON object.");
  try {
    const outcome = await tool.invoke(args, { ...context, callId: call.callId });
    if (!outcome.valid) return failure(`Invalid arguments: ${outcome.problems}`);
    return { content: toText(outcome.value), isError: false };
  } catch (error) {
    return failure(`Tool failed: ${describeFailure(error)}`);
  }
}

function failure(text: string): ToolAnswer {
  const content = text.length > maximumFailureLength ? `${text.slice(0, maximumFailureLength)}…` : text;
  return { content: content.toWellFormed(), isError: true };
}

function parseArguments(text: string): JsonObject | undefined {
  // Many models send nothing at all to a tool without parameters.
  if (text.trim() === "") return {};
  try {
    const value: JsonObject[string] = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  // The types do not say it, but of undefined and of functions this makes undefined.
  const json: string | undefined = JSON.stringify(value);
  return json ?? "null";
}

function describeFailure(error: unknown): string {
  if (error instanceof Error && error.message !== "") return error.message;
  return typeof error === "string" && error !== "" ? error : "it gave no reason";
}
