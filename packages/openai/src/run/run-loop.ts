import type { OpenAI } from "openai";
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionFunctionTool,
} from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { AgentError } from "../agent-error.ts";
import type { EmitEvent } from "./chat-event.ts";
import type { ChatMessage } from "../chat/chat-message.ts";
import { callModel, type ChatRequest } from "../chat/chat-model.ts";
import { withoutForcedCall, type ChatParameters } from "../chat/chat-parameters.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { deepFreeze } from "../thread/json.ts";
import { answerToolCalls, type ToolCall } from "../tools/tool-calls.ts";
import type { Tool } from "../tools/tools.ts";
import { addUsage } from "./usage.ts";

/** What a run goes by. */
export interface Turn {
  readonly client: OpenAI;
  readonly model: string;
  readonly instructions: string | undefined;
  readonly parameters: ChatParameters;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly maxToolRounds: number;
  readonly thread: ChatThread;
  readonly input: readonly ChatMessage[];
  readonly signal: AbortSignal;
  /** With it the model's answers are streamed. */
  readonly emit: EmitEvent | undefined;
}

/** What a run came to. Nothing of it is in the thread yet. */
export interface TurnOutcome {
  /** The input, the model's messages and the results of its tool calls, as whole units. */
  readonly messages: readonly ChatMessage[];
  readonly answer: ChatCompletionAssistantMessageParam;
  readonly finishReason: string | undefined;
  readonly usage: CompletionUsage | undefined;
}

/** Asks the model and runs the tools that it calls, until it answers without a call. */
export async function runTurn(turn: Turn): Promise<TurnOutcome> {
  const { client, signal, emit, thread, tools } = turn;
  const messages = [...turn.input];
  const add = (message: ChatMessage): void => {
    messages.push(deepFreeze(message));
    emit?.({ type: "message", message });
  };
  let usage: CompletionUsage | undefined;
  for (let round = 0; ; round += 1) {
    const request = toRequest(turn, messages, round === 0);
    const answer = await callModel({ client, request, signal, emit });
    usage = addUsage(usage, answer.usage);
    add(answer.message);
    const calls = readToolCalls(answer.message);
    if (calls.length === 0) {
      return {
        messages: deepFreeze(messages),
        answer: answer.message,
        finishReason: answer.finishReason,
        usage,
      };
    }
    if (round >= turn.maxToolRounds) throw tooManyRounds(turn.maxToolRounds);
    for (const call of calls) emit?.({ type: "tool-call", ...call });
    const setup = { tools, context: { signal, thread }, emit: emit ?? ignoreEvent };
    for (const result of await answerToolCalls(calls, setup)) add(result);
  }
}

function ignoreEvent(): void {
  // A run that is not streamed has nobody to tell.
}

function toRequest(turn: Turn, added: readonly ChatMessage[], first: boolean): ChatRequest {
  const system: ChatMessage[] =
    turn.instructions === undefined ? [] : [{ role: "system", content: turn.instructions }];
  return {
    ...(first ? turn.parameters : withoutForcedCall(turn.parameters)),
    model: turn.model,
    messages: [...system, ...turn.thread.messages, ...added],
    ...(turn.tools.size === 0 ? {} : { tools: [...turn.tools.values()].map(toWireTool) }),
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

function readToolCalls(message: ChatCompletionAssistantMessageParam): ToolCall[] {
  return (message.tool_calls ?? []).map((call) => {
    if (call.type === "function") {
      return { callId: call.id, name: call.function.name, arguments: call.function.arguments };
    }
    // A kind of call that was never offered is answered like an unknown tool.
    return { callId: call.id, name: call.custom?.name ?? call.type, arguments: call.custom?.input ?? "" };
  });
}

function tooManyRounds(maximum: number): AgentError {
  const message = `The model still called tools after ${maximum} rounds of them, so the run was given up. The thread is as it was before; what the tools did is done. Raise maxToolRounds if the task needs more.`;
  return new AgentError("TOO_MANY_TOOL_ROUNDS", message);
}
