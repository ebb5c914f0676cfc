import { AgentError } from "@threadstore/agent";
import type { ToolCall } from "@threadstore/agent/provider";
import { type JsonObject, quoteName } from "@threadstore/core/documents";
import { callKindOf, typeOf } from "./call-items.ts";
import { CALL_KINDS } from "./call-kinds.ts";
import type { ResponseItem } from "./response-item.ts";
import { findOpenCalls } from "./response-tool-calls.ts";

/**
 * Returns the calls in a response that the application must answer. Throws `TOOL_MISSING` for a call of a kind that
 * this version does not know: without an answer, the service would reject every later request. Throws
 * `RESPONSE_INVALID` for a call that was cut off, which must not run.
 */
export function readCalls(output: readonly ResponseItem[], isIncomplete: boolean): ToolCall[] {
  const items = output as unknown as readonly JsonObject[];
  const unknown = items.find((item) => isUnknownCall(item, items));
  if (unknown !== undefined) throw unknownCall(typeOf(unknown));
  const { calls } = findOpenCalls(output, "$.output", "RESPONSE_INVALID");
  const last = items.at(-1);
  const isCutOff = (item: JsonObject): boolean =>
    callKindOf(item) !== undefined && (item["status"] === "incomplete" || (isIncomplete && item === last));
  if (items.some((item) => isCutOff(item) && !isWhole(item))) throw callCutOff();
  return calls;
}

/** An item that names a call or asks a question, without an answer in the response. */
function isUnknownCall(item: JsonObject, items: readonly JsonObject[]): boolean {
  const { call_id: id } = item;
  const type = typeOf(item);
  if (Object.hasOwn(CALL_KINDS, type) || type.endsWith("_output")) return false;
  // The service runs a program, and ends its response for the calls in it.
  if (type === "program") return false;
  if (type.endsWith("_request")) return true;
  if (typeof id !== "string") return false;
  return !items.some((other) => other["call_id"] === id && typeOf(other).endsWith("_output"));
}

/** Returns whether a call is complete although its response is not: only the arguments of functions show that. */
function isWhole({ type, arguments: text }: JsonObject): boolean {
  if (type !== "function_call" || typeof text !== "string") return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unknownCall(type: string): AgentError {
  const message = `The model's response contains a call of an unknown kind, ${quoteName(type)}, which cannot be answered. Update @threadstore/openai, or remove the tool that causes such calls.`;
  return new AgentError("TOOL_MISSING", message);
}

function callCutOff(): AgentError {
  const message =
    "The model's response was cut off within a call, which did not run. Raise `max_output_tokens`, or change the input.";
  return new AgentError("RESPONSE_INVALID", message);
}
