import { AgentError, type AgentErrorCode } from "@threadstore/agent";
import type { OpenCalls, ToolCall } from "@threadstore/agent/provider";
import { isInput, type ResponseItem } from "./response-item.ts";

interface OpenCall extends ToolCall {
  readonly path: string;
}

/**
 * Checks the tool-call pairing: each function call must have one output before the next input, and each output must
 * follow its call. Calls of the last response may lack an output and are returned. The service rejects anything else
 * with status 400.
 *
 * Throws an error of `code` with the path of the first fault.
 */
export function findOpenCalls(items: readonly ResponseItem[], path: string, code: AgentErrorCode): OpenCalls {
  const open: OpenCall[] = [];
  let index = 0;
  items.forEach((item, position) => {
    const itemPath = `${path}[${position}]`;
    if (item.type === "function_call") {
      if (open.some(({ callId }) => callId === item.call_id)) throw duplicateId(itemPath, code);
      open.push({ callId: item.call_id, name: item.name, arguments: item.arguments, index, path: itemPath });
      index += 1;
    } else if (item.type === "function_call_output") {
      const answered = open.findIndex(({ callId }) => callId === item.call_id);
      if (answered === -1) throw orphanedOutput(itemPath, code);
      open.splice(answered, 1);
      index = 0;
    } else if (isInput(item)) {
      const [first] = open;
      if (first !== undefined) throw missingOutput(first.path, code);
      index = 0;
    }
  });
  return { calls: open.map(({ path: _path, ...call }) => call), path: open[0]?.path ?? path };
}

/** Returns the tool calls in a response. */
export function readCalls(output: readonly ResponseItem[]): ToolCall[] {
  return findOpenCalls(output, "$.output", "RESPONSE_INVALID").calls;
}

function duplicateId(itemPath: string, code: AgentErrorCode): AgentError {
  const path = `${itemPath}.call_id`;
  const message = `\`${path}\` is also the id of an earlier call without an output.`;
  return new AgentError(code, message, { path });
}

function orphanedOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` is an output that does not answer a function call before it.`;
  return new AgentError(code, message, { path });
}

function missingOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` is a function call without an output before the next input.`;
  return new AgentError(code, message, { path });
}
