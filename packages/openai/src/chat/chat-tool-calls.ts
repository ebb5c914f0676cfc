import { AgentError, type AgentErrorCode } from "@threadstore/agent";
import type { OpenCalls, ToolCall } from "@threadstore/agent/provider";
import type { ChatMessage } from "./chat-message.ts";

/**
 * Checks the tool-call pairing: each assistant message with tool calls must be followed directly by one result per
 * call, and each result must follow its call. Providers reject anything else with status 400.
 *
 * Throws an error of `code` with the path of the first fault.
 */
export function checkToolCallPairing(
  messages: readonly ChatMessage[],
  path: string,
  code: AgentErrorCode,
): void {
  const open = findOpenCalls(messages, path, code);
  if (open.calls.length > 0) throw missingResult(open.path, open.calls.length, code);
}

/**
 * Checks the tool-call pairing, except that calls of the last assistant message may lack a result, and returns those.
 *
 * Compares ids as a multiset, because some servers give two calls of one message the same id.
 */
export function findOpenCalls(
  messages: readonly ChatMessage[],
  path: string,
  code: AgentErrorCode,
): OpenCalls {
  let callsPath = "";
  let openCalls: ToolCall[] = [];
  messages.forEach((message, index) => {
    const messagePath = `${path}[${index}]`;
    if (message.role === "tool") {
      const position = openCalls.findIndex(({ callId }) => callId === message.tool_call_id);
      if (position === -1) throw orphanedResult(messagePath, code);
      openCalls.splice(position, 1);
      return;
    }
    if (openCalls.length > 0) throw missingResult(callsPath, openCalls.length, code);
    callsPath = `${messagePath}.tool_calls`;
    openCalls = readToolCalls(message);
  });
  return { calls: openCalls, path: callsPath };
}

/** Returns the tool calls in a message. */
export function readToolCalls(message: ChatMessage): ToolCall[] {
  if (message.role !== "assistant") return [];
  return (message.tool_calls ?? []).map((call, index) => {
    if (call.type === "function") {
      return { callId: call.id, name: call.function.name, arguments: call.function.arguments, index };
    }
    // Agents do not offer custom tools, so a call of one is answered like that of an unknown tool.
    const { id: callId, type, custom } = call;
    return { callId, name: custom?.name ?? type, arguments: custom?.input ?? "", index };
  });
}

function orphanedResult(path: string, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` is a tool result that does not answer a call of the assistant message before it.`;
  return new AgentError(code, message, { path });
}

function missingResult(path: string, count: number, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` contains ${count} tool calls without a result directly after the message.`;
  return new AgentError(code, message, { path });
}
