import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { typeOf } from "./call-items.ts";

type Check = (value: JsonValue | undefined) => boolean;

const isText: Check = (value) => typeof value === "string";
/** The service accepts ids of 1 to 64 characters. */
const isId: Check = (value) => typeof value === "string" && value !== "" && value.length <= 64;
const isList: Check = (value) => Array.isArray(value);
const isImage: Check = (value) => value === null || typeof value === "string";
const isSummary: Check = (value) =>
  Array.isArray(value) && value.every((part) => isJsonObject(part) && typeof part["text"] === "string");

/**
 * Members without which the service rejects an item, apart from those that tell what a call is about. Items with an
 * `id` here keep it, even if the service does not store the conversation. Items of other types lose theirs.
 */
const REQUIRED_MEMBERS: { readonly [type: string]: { readonly [member: string]: Check } } = {
  apply_patch_call: { status: isText },
  code_interpreter_call: { id: isId, container_id: isText },
  compaction: { encrypted_content: isText },
  computer_call: { id: isId },
  file_search_call: { id: isId, queries: isList },
  image_generation_call: { id: isId, result: isImage },
  item_reference: { id: isId },
  local_shell_call: { id: isId },
  // Answers name this id, so a repair replaces a malformed one.
  mcp_approval_request: { id: isText },
  mcp_call: { id: isId, arguments: isText, name: isText, server_label: isText },
  mcp_list_tools: { id: isId, server_label: isText, tools: isList },
  program: { id: isId, code: isText, fingerprint: isText },
  program_output: { id: isId, result: isText },
  reasoning: { summary: isSummary },
  web_search_call: { id: isId, status: isText },
};

function requiredMembersOf(item: object): { readonly [member: string]: Check } {
  const type = typeOf(item);
  return (Object.hasOwn(REQUIRED_MEMBERS, type) ? REQUIRED_MEMBERS[type] : undefined) ?? {};
}

/** Returns whether the service requires the id of an item that it does not store. */
export function requiresId(item: object): boolean {
  return "id" in requiredMembersOf(item);
}

/** Returns a member that the service requires, and that the item lacks or has in another type. */
export function findMissingMember(item: JsonObject): string | undefined {
  const required = Object.entries(requiredMembersOf(item));
  return required.find(([member, isValid]) => !isValid(item[member]))?.[0];
}

const MESSAGE_STATUSES: readonly unknown[] = ["completed", "in_progress", "incomplete", undefined];

/** Returns the members that the service rejects, and that a message does not need. */
export function findRejectedMembers(message: JsonObject): string[] {
  if (typeOf(message) !== "message") return [];
  const { type = "message", status } = message;
  return [
    ...(typeof type === "string" ? [] : ["type"]),
    ...(MESSAGE_STATUSES.includes(status) ? [] : ["status"]),
  ];
}
