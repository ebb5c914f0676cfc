import type { AgentErrorCode } from "@threadstore/agent";
import { invalidValue } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { ResponseInputItem, ResponseOutputItem } from "openai/resources/responses/responses";
import { checkContent, requireRole, requireString } from "../check-message.ts";
import { answeredKindOf, callKindOf, typeOf } from "./call-items.ts";
import type { CallKind } from "./call-kinds.ts";

/**
 * An item in the wire form of the Responses API, stored unchanged, including members that this version does not know.
 */
export type ResponseItem = ResponseInputItem | ResponseOutputItem;

export const RESPONSES_ROLES: readonly string[] = ["user", "assistant", "system", "developer"];

/** Validates items. Throws an error of `code` with the path of the first invalid one. */
export function checkItems(items: JsonValue | undefined, path: string, code: AgentErrorCode): ResponseItem[] {
  if (!Array.isArray(items)) throw invalidValue(code, path, "an array of items", items);
  return items.map((item, index) => checkItem(item, `${path}[${index}]`, code));
}

function checkItem(item: JsonValue, path: string, code: AgentErrorCode): ResponseItem {
  if (!isJsonObject(item)) throw invalidValue(code, path, "an item object", item);
  const { type = "message" } = item;
  if (typeof type !== "string") throw invalidValue(code, `${path}.type`, "a string", type);
  if (type === "message") {
    requireRole(item["role"], RESPONSES_ROLES, `${path}.role`, code);
    checkContent(item["content"], `${path}.content`, code);
  }
  const call = callKindOf(item);
  if (call !== undefined) checkCall(item, call, path, code);
  const answered = answeredKindOf(item);
  if (answered !== undefined) checkAnswer(item, answered, path, code);
  return item as unknown as ResponseItem;
}

function checkCall(item: JsonObject, kind: CallKind, path: string, code: AgentErrorCode): void {
  requireString(item, kind.idMember, path, code);
  if (item["type"] === "function_call") {
    for (const member of ["name", "arguments"]) requireString(item, member, path, code);
  }
  if (kind.describe(item) === undefined) throw invalidValue(code, path, `a complete ${typeOf(item)}`);
}

function checkAnswer(item: JsonObject, kind: CallKind, path: string, code: AgentErrorCode): void {
  requireString(item, kind.answeredIdMember, path, code);
  if (item["type"] === "function_call_output") checkContent(item["output"], `${path}.output`, code);
  if (!kind.isAnswer(item)) throw invalidValue(code, path, `a complete ${kind.answerType}`);
}

export function isToolResult(item: ResponseItem): boolean {
  return answeredKindOf(item) !== undefined;
}

/** Returns whether the item is input to the model instead of its output. */
export function isInput(item: ResponseItem): boolean {
  return isToolResult(item) || ("role" in item && item.role !== "assistant");
}
