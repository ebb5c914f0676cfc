import { AgentError, type AgentErrorCode } from "@threadstore/agent";
import type { OpenCalls, ToolCall } from "@threadstore/agent/provider";
import type { ChatMessage } from "./chat-message.ts";

/**
 * Checks that messages form whole units: each assistant message with tool calls is followed at once by
 * one result per call, and no result stands alone. Providers answer 400 to anything else, for ever.
 *
 * Ids are compared as a multiset, since some servers give two calls of one message the same id.
 */
export function checkWholeUnits(messages: readonly ChatMessage[], path: string, code: AgentErrorCode): void {
  const open = findOpenCalls(messages, path, code);
  if (open.calls.length > 0) throw openCall(open.path, open.calls.length, code);
}

/** The same, but lets calls of the last assistant message be without a result, and gives those. */
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
      if (position === -1) throw loneResult(messagePath, code);
      openCalls.splice(position, 1);
      return;
    }
    if (openCalls.length > 0) throw openCall(callsPath, openCalls.length, code);
    callsPath = `${messagePath}.tool_calls`;
    openCalls = readToolCalls(message);
  });
  return { calls: openCalls, path: callsPath };
}

/** The calls that a message asks for. */
export function readToolCalls(message: ChatMessage): ToolCall[] {
  if (message.role !== "assistant") return [];
  return (message.tool_calls ?? []).map((call, index) => {
    if (call.type === "function") {
      return { callId: call.id, name: call.function.name, arguments: call.function.arguments, index };
    }
    // A kind of call that was never offered is answered like an unknown tool.
    const { id: callId, type, custom } = call;
    return { callId, name: custom?.name ?? type, arguments: custom?.input ?? "", index };
  });
}

function loneResult(path: string, code: AgentErrorCode): AgentError {
  const message = `${path}: this tool result answers no call of the assistant message before it.`;
  return new AgentError(code, message, { path });
}

function openCall(path: string, count: number, code: AgentErrorCode): AgentError {
  const message = `${path}: ${count} of these tool calls have no result behind this message.`;
  return new AgentError(code, message, { path });
}
