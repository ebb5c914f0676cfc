import { AgentError, type AgentErrorCode } from "../agent-error.ts";
import type { ChatMessage } from "../chat/chat-message.ts";

/**
 * Checks that messages form whole units: each assistant message with tool calls is followed at once by
 * one result per call, and no result stands alone. Providers answer 400 to anything else, for ever.
 *
 * Ids are compared as a multiset, since some servers give two calls of one message the same id.
 */
export function checkWholeUnits(messages: readonly ChatMessage[], path: string, code: AgentErrorCode): void {
  let callsPath = "";
  let openCalls: string[] = [];
  messages.forEach((message, index) => {
    const messagePath = `${path}[${index}]`;
    if (message.role === "tool") {
      const position = openCalls.indexOf(message.tool_call_id);
      if (position === -1) throw loneResult(messagePath, code);
      openCalls.splice(position, 1);
      return;
    }
    if (openCalls.length > 0) throw openCall(callsPath, openCalls.length, code);
    if (message.role !== "assistant") return;
    callsPath = `${messagePath}.tool_calls`;
    openCalls = (message.tool_calls ?? []).map((call) => call.id);
  });
  if (openCalls.length > 0) throw openCall(callsPath, openCalls.length, code);
}

function loneResult(path: string, code: AgentErrorCode): AgentError {
  const message = `${path}: this tool result answers no call of the assistant message before it.`;
  return new AgentError(code, message, { path });
}

function openCall(path: string, count: number, code: AgentErrorCode): AgentError {
  const message = `${path}: ${count} of these tool calls have no result behind this message.`;
  return new AgentError(code, message, { path });
}
