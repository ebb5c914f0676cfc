import type { AgentErrorCode, JsonObject } from "@threadstore/agent";
import { isJsonObject, unexpected } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import type { ResponseInputItem, ResponseOutputItem } from "openai/resources/responses/responses";

/** An item in the wire form of the Responses API, kept verbatim, members unknown to this version too. */
export type ResponseItem = ResponseInputItem | ResponseOutputItem;

const roles = ["user", "assistant", "system", "developer"];

/** Checks that values of JSON are items; the first that is not is an error of `code` with its path. */
export function checkItems(items: JsonValue | undefined, path: string, code: AgentErrorCode): ResponseItem[] {
  if (!Array.isArray(items)) throw unexpected(code, path, "an array of items", items);
  return items.map((item, index) => checkItem(item, `${path}[${index}]`, code));
}

function checkItem(item: JsonValue, path: string, code: AgentErrorCode): ResponseItem {
  if (!isJsonObject(item)) throw unexpected(code, path, "an item object", item);
  const { type = "message" } = item;
  if (typeof type !== "string") throw unexpected(code, `${path}.type`, "a string", type);
  if (type === "message") checkMessage(item, path, code);
  if (type === "function_call") {
    for (const member of ["call_id", "name", "arguments"]) checkText(item, member, path, code);
  }
  if (type === "function_call_output") {
    checkText(item, "call_id", path, code);
    checkContent(item["output"], `${path}.output`, code);
  }
  return item as unknown as ResponseItem;
}

function checkMessage(item: JsonObject, path: string, code: AgentErrorCode): void {
  const { role, content } = item;
  if (typeof role !== "string" || !roles.includes(role)) {
    throw unexpected(code, `${path}.role`, `one of ${roles.join(", ")}`, role);
  }
  checkContent(content, `${path}.content`, code);
}

function checkContent(content: JsonValue | undefined, path: string, code: AgentErrorCode): void {
  if (typeof content === "string") return;
  if (!Array.isArray(content)) throw unexpected(code, path, "a string or an array of parts", content);
  content.forEach((part, index) => {
    if (!isJsonObject(part)) throw unexpected(code, `${path}[${index}]`, "a content part", part);
    checkText(part, "type", `${path}[${index}]`, code);
  });
}

function checkText(object: JsonObject, member: string, path: string, code: AgentErrorCode): void {
  if (typeof object[member] === "string") return;
  throw unexpected(code, `${path}.${member}`, "a string", object[member]);
}

export function isToolResult(item: ResponseItem): boolean {
  return item.type === "function_call_output";
}

/** Whether the item was said to the model, and not by it. */
export function isInput(item: ResponseItem): boolean {
  return isToolResult(item) || ("role" in item && item.role !== "assistant");
}
