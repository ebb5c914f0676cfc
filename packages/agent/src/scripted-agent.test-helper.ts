import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, untilAborted } from "@threadstore/core/documents";
import { AgentError, type AgentErrorCode, invalidValue } from "./agent-error.ts";
import { type AgentOptions, readAgentOptions } from "./agent-options.ts";
import { createAgent } from "./create-agent.ts";
import { copyJson } from "./json.ts";
import { MESSAGE_FORM } from "./repair/message-form.ts";
import type { RunResult } from "./run-result.ts";
import type { Agent } from "./run/agent.ts";
import type { Model, ModelRequest } from "./run/protocol.ts";
import type { RunEvent } from "./run/run-event.ts";
import type { ApprovalDecision, RunOptions } from "./run/run-options.ts";
import type { Thread } from "./thread.ts";
import type { OpenCalls, ThreadKind } from "./thread/thread-kind.ts";
import type { ToolCall } from "./thread/tool-call.ts";

// A provider without a network: the smallest protocol, and a model that follows a script.

/** A message of a scripted agent. Other members are stored as well. */
export interface ScriptedMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

export interface ScriptedUsage {
  readonly total_tokens: number;
}

export interface ScriptedThread extends Thread<ScriptedMessage> {
  readonly kind: "scripted";
}

export type ScriptedEvent = RunEvent<ScriptedMessage>;
export type ScriptedAgent = Agent<
  string | ScriptedMessage,
  ScriptedThread,
  RunOptions,
  RunResult<ScriptedThread, ScriptedMessage, ScriptedUsage>,
  ScriptedEvent
>;

/** A step of a script: the model's response to the next request. */
export type ScriptedResponse = (
  request: ModelRequest<ScriptedMessage>,
) => ScriptedStep | Promise<ScriptedStep>;

interface ScriptedStep {
  readonly message: ScriptedMessage;
  readonly usage?: ScriptedUsage;
}

/** Decides on waiting calls of a thread, by their ids: `true` approves, `false` or a reason denies. */
export function decisionsOn(
  { openTurn }: Pick<Thread, "openTurn">,
  decisions: { readonly [callId: string]: boolean | string },
): ApprovalDecision[] {
  return Object.entries(decisions).map(([callId, decision]) => {
    const digest = openTurn?.approvals.find((call) => call.callId === callId)?.digest ?? "unknown";
    if (typeof decision === "boolean") return { callId, digest, approved: decision };
    return { callId, digest, approved: false, reason: decision };
  });
}

/** A model that follows a script, shared by the agents that use it. */
export interface ScriptedModel {
  /** The requests so far. */
  readonly requests: readonly ModelRequest<ScriptedMessage>[];
  ask: Model<ScriptedMessage, ScriptedUsage>["ask"];
}

/** Responds with text. */
export function says(content: string, usage?: ScriptedUsage): ScriptedResponse {
  return () => ({ message: { role: "assistant", content }, ...(usage === undefined ? {} : { usage }) });
}

/** Responds with tool calls. */
export function calls(...calling: readonly [id: string, name: string, args: string][]): ScriptedResponse {
  return () => ({ message: callMessage(...calling) });
}

/** An assistant message with tool calls. */
export function callMessage(
  ...calling: readonly [id: string, name: string, args: string][]
): ScriptedMessage {
  const toolCalls = calling.map(([id, name, args]) => ({
    id,
    type: "function",
    function: { name, arguments: args },
  }));
  return { role: "assistant", content: null, tool_calls: toolCalls };
}

/** Adds the usage to a response. */
export function withUsage(respond: ScriptedResponse, usage: ScriptedUsage): ScriptedResponse {
  return async (request) => ({ ...(await respond(request)), usage });
}

/** Fails as an unavailable server does. */
export const fails: ScriptedResponse = () => {
  throw new AgentError("MODEL_UNAVAILABLE", "The script says that the model fails.");
};

/** Emits text and never finishes. */
export function hangs(delta: string): ScriptedResponse {
  return ({ emit }) => {
    emit?.({ type: "text", delta });
    return new Promise(() => {});
  };
}

/** Performs an action before it responds. */
export function after(action: () => unknown, respond: ScriptedResponse): ScriptedResponse {
  return async (request) => {
    await action();
    return respond(request);
  };
}

export function scriptModel(...script: readonly ScriptedResponse[]): ScriptedModel {
  const requests: ModelRequest<ScriptedMessage>[] = [];
  return {
    requests,
    async ask(request) {
      request.signal.throwIfAborted();
      const respond = script[requests.length] ?? fails;
      requests.push(request);
      const { message, usage } = await untilAborted(async () => respond(request), request.signal);
      const { content } = message;
      if (content !== null && content !== "") request.emit?.({ type: "text", delta: content });
      return {
        messages: [message],
        calls: readCalls(message),
        refusal: undefined,
        finishReason: "stop",
        usage,
        service: undefined,
      };
    },
  };
}

/** Creates an agent whose model follows a script. */
export function scriptedAgent(
  model: ScriptedModel,
  options: AgentOptions<ScriptedMessage> = {},
): ScriptedAgent {
  return createAgent(readAgentOptions(options), {
    threads: SCRIPTED_KIND,
    readInput: (input: string | ScriptedMessage) => {
      const message = typeof input === "string" ? { role: "user", content: input } : input;
      const code = "INVALID_ARGUMENT";
      return checkMessages([copyJson(message, { code, path: "input" })], "input", code);
    },
    createModel: (): Model<ScriptedMessage, ScriptedUsage> => ({
      ask: model.ask,
      toToolResult: ({ callId }, content) => ({ role: "tool", tool_call_id: callId, content }),
      toAnswer: (content) => ({ role: "assistant", content }),
      readText: (messages) => messages.findLast(({ role }) => role === "assistant")?.content ?? "",
    }),
  });
}

export const SCRIPTED_KIND: ThreadKind<"scripted", ScriptedMessage> = {
  kind: "scripted",
  version: 1,
  packageName: "@threadstore/scripted",
  wireForm: MESSAGE_FORM,
  checkMessages,
  findOpenCalls,
  isToolResult: ({ role }) => role === "tool",
};

function checkMessages(
  messages: JsonValue | undefined,
  path: string,
  code: AgentErrorCode,
): ScriptedMessage[] {
  if (!Array.isArray(messages)) throw invalidValue(code, path, "an array of messages", messages);
  messages.forEach((message, index) => checkMessage(message, `${path}[${index}]`, code));
  return messages as unknown as ScriptedMessage[];
}

function checkMessage(message: JsonValue, path: string, code: AgentErrorCode): asserts message is JsonObject {
  if (!isJsonObject(message)) throw invalidValue(code, path, "a message object", message);
  const { role, content } = message;
  if (typeof role !== "string") throw invalidValue(code, `${path}.role`, "a string", role);
  if (typeof content !== "string" && (role !== "assistant" || Array.isArray(content))) {
    throw invalidValue(code, `${path}.content`, "a string", content);
  }
}

function findOpenCalls(messages: readonly ScriptedMessage[], path: string, code: AgentErrorCode): OpenCalls {
  let open: { calls: ToolCall[]; path: string } = { calls: [], path: "" };
  messages.forEach((message, index) => {
    if (message.role === "tool") {
      const position = open.calls.findIndex(({ callId }) => callId === message.tool_call_id);
      if (position === -1) throw unpaired(`${path}[${index}]`, code);
      open.calls.splice(position, 1);
      return;
    }
    if (open.calls.length > 0) throw unpaired(open.path, code);
    open = { calls: readCalls(message), path: `${path}[${index}].tool_calls` };
  });
  return open;
}

function readCalls({ tool_calls: toolCalls = [] }: ScriptedMessage): ToolCall[] {
  return toolCalls.map(({ id, function: { name, arguments: args } }, index) => {
    return { callId: id, name, arguments: args, index };
  });
}

function unpaired(path: string, code: AgentErrorCode): AgentError {
  return new AgentError(code, `\`${path}\` is a call without a result or a result without a call.`, { path });
}
