import { AgentError, type AgentErrorCode } from "@threadstore/agent";
import { invalidValue, type OpenCalls, type ToolCall } from "@threadstore/agent/provider";
import type { JsonObject } from "@threadstore/core/documents";
import { answeredKindOf, callKindOf, toToolCall, typeOf } from "./call-items.ts";
import type { CallKind } from "./call-kinds.ts";
import { isInput, type ResponseItem } from "./response-item.ts";

interface OpenCall {
  readonly call: ToolCall;
  readonly kind: CallKind;
  readonly path: string;
}

/**
 * Checks the tool-call pairing: each call must have one answer of its kind before the next input, and each answer must
 * follow its call. Calls of the last response may lack an answer and are returned. The service rejects anything else
 * with status 400.
 *
 * Throws an error of `code` with the path of the first fault.
 */
export function findOpenCalls(items: readonly ResponseItem[], path: string, code: AgentErrorCode): OpenCalls {
  const open: OpenCall[] = [];
  let index = 0;
  items.forEach((item, position) => {
    const itemPath = `${path}[${position}]`;
    const kind = callKindOf(item);
    const answered = answeredKindOf(item);
    if (kind !== undefined) {
      const call = toToolCall(item, kind, index);
      if (call === undefined) throw invalidValue(code, itemPath, `a complete ${typeOf(item)}`);
      if (open.some((other) => other.call.callId === call.callId)) throw duplicateId(itemPath, kind, code);
      open.push({ call, kind, path: itemPath });
      index += 1;
    } else if (answered !== undefined) {
      const id = (item as unknown as JsonObject)[answered.answeredIdMember];
      const match = open.findIndex((other) => other.kind === answered && other.call.callId === id);
      if (match === -1) throw orphanedOutput(itemPath, code);
      open.splice(match, 1);
      index = 0;
    } else if (isInput(item)) {
      const [first] = open;
      if (first !== undefined) throw missingOutput(first.path, code);
      index = 0;
    }
  });
  return { calls: open.map(({ call }) => call), path: open[0]?.path ?? path };
}

function duplicateId(itemPath: string, { idMember }: CallKind, code: AgentErrorCode): AgentError {
  const path = `${itemPath}.${idMember}`;
  const message = `\`${path}\` is also the id of an earlier call without an output.`;
  return new AgentError(code, message, { path });
}

function orphanedOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` is an output that does not answer a call of its kind before it.`;
  return new AgentError(code, message, { path });
}

function missingOutput(path: string, code: AgentErrorCode): AgentError {
  const message = `\`${path}\` is a call without an output before the next input.`;
  return new AgentError(code, message, { path });
}
