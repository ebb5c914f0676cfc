import { AgentError, type AgentErrorCode } from "@threadstore/agent";
import type { OpenCalls, ToolCall } from "@threadstore/agent/provider";
import { isInput, type ResponseItem } from "./response-item.ts";

interface OpenCall extends ToolCall {
  readonly path: string;
}

/**
 * Checks that each function call has one output before the next input, and each output its call; calls of the
 * last answer may be without, and are given. The service answers 400 to anything else.
 */
export function findOpenCalls(items: readonly ResponseItem[], path: string, code: AgentErrorCode): OpenCalls {
  const open: OpenCall[] = [];
  let index = 0;
  items.forEach((item, position) => {
    const itemPath = `${path}[${position}]`;
    if (item.type === "function_call") {
      if (open.some(({ callId }) => callId === item.call_id)) throw sameId(itemPath, code);
      open.push({ callId: item.call_id, name: item.name, arguments: item.arguments, index, path: itemPath });
      index += 1;
    } else if (item.type === "function_call_output") {
      const answered = open.findIndex(({ callId }) => callId === item.call_id);
      if (answered === -1) throw loneOutput(itemPath, code);
      open.splice(answered, 1);
      index = 0;
    } else if (isInput(item)) {
      const [first] = open;
      if (first !== undefined) throw noOutput(first.path, code);
      index = 0;
    }
  });
  return { calls: open.map(({ path: _path, ...call }) => call), path: open[0]?.path ?? path };
}

/** The calls that an answer asks for. */
export function readCalls(answer: readonly ResponseItem[]): ToolCall[] {
  return findOpenCalls(answer, "$.output", "RESPONSE_INVALID").calls;
}

function sameId(path: string, code: AgentErrorCode): AgentError {
  const message = `${path}.call_id: another call without an output has the same id.`;
  return new AgentError(code, message, { path: `${path}.call_id` });
}

function loneOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `${path}: this output answers no function call before it.`;
  return new AgentError(code, message, { path });
}

function noOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `${path}: this function call has no output before the next input.`;
  return new AgentError(code, message, { path });
}
