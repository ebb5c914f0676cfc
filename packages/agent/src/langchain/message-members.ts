import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** The roles of Chat Completions, by the type of a stored message. */
const ROLES: { readonly [type: string]: string } = {
  ai: "assistant",
  AIMessageChunk: "assistant",
  developer: "developer",
  function: "function",
  human: "user",
  HumanMessageChunk: "user",
  system: "system",
  SystemMessageChunk: "system",
  tool: "tool",
  ToolMessageChunk: "tool",
};

/** The types of stored messages, by the name of the class. */
const TYPES: { readonly [name: string]: string } = {
  AIMessage: "ai",
  AIMessageChunk: "ai",
  FunctionMessage: "function",
  HumanMessage: "human",
  HumanMessageChunk: "human",
  SystemMessage: "system",
  SystemMessageChunk: "system",
  ToolMessage: "tool",
  ToolMessageChunk: "tool",
};

/** The members of a message, whichever form it is stored in. */
export interface LangChainMembers {
  /** The role in Chat Completions; `undefined` for an unknown message. */
  readonly role: string | undefined;
  readonly data: JsonObject;
  /** The member of the stored message that contains {@link data}. */
  readonly member: "data" | "kwargs";
}

/** Returns the members of a message; `undefined` if it is not one. */
export function readMembers(message: JsonObject): LangChainMembers | undefined {
  const { data, kwargs, id } = message;
  if (isJsonObject(kwargs) && Array.isArray(id)) {
    const name = id.at(-1);
    const type = typeof name === "string" && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    return { role: roleOf(type, kwargs), data: kwargs, member: "kwargs" };
  }
  return isJsonObject(data) ? { role: roleOf(message["type"], data), data, member: "data" } : undefined;
}

function roleOf(type: unknown, { role }: JsonObject): string | undefined {
  // Chat messages of any role.
  if ((type === "generic" || type === "chat") && typeof role === "string") {
    return Object.hasOwn(ROLES, role) ? ROLES[role] : role;
  }
  return typeof type === "string" && Object.hasOwn(ROLES, type) ? ROLES[type] : undefined;
}

const NAMESPACES = ['["langchain_core","messages"]', '["langchain","schema","messages"]'];

/** Returns whether LangChain's `load` finds the class of a serialized message. */
export function hasReadableClass({ lc, type, id }: JsonObject): boolean {
  const namespace = JSON.stringify(Array.isArray(id) ? id.slice(0, -1) : id);
  return lc === 1 && type === "constructor" && NAMESPACES.includes(namespace);
}

/** Returns a serialized message with the envelope that LangChain's `load` requires. */
export function withReadableClass(message: JsonObject): JsonObject {
  const { id } = message;
  const name = Array.isArray(id) ? (id.at(-1) ?? "") : "";
  return { ...message, lc: 1, type: "constructor", id: ["langchain_core", "messages", name] };
}

/** A call of a message. */
export interface StoredCall {
  readonly call: JsonValue;
  /** Its location in the members of the message. */
  readonly path: string;
}

/** Returns the calls of a message, of which LangChain could not read those in `invalid_tool_calls`. */
export function listCalls(data: JsonObject): StoredCall[] {
  const calls = [
    ...listElements(data["tool_calls"], "tool_calls"),
    ...listElements(data["invalid_tool_calls"], "invalid_tool_calls"),
  ];
  if (calls.length > 0) return calls;
  const { additional_kwargs: extra, content } = data;
  // Before 2024, LangChain kept calls in the form of OpenAI. It still reads them if there are no others.
  const earlierCalls = isJsonObject(extra)
    ? listElements(extra["tool_calls"], "additional_kwargs.tool_calls")
    : [];
  return earlierCalls.length > 0 ? earlierCalls : listToolUses(content);
}

/** Returns the calls that only the content of a message contains, which Anthropic receives all the same. */
function listToolUses(content: JsonValue | undefined): StoredCall[] {
  return listElements(content, "content").flatMap(({ call: part, path }) => {
    if (!isJsonObject(part) || part["type"] !== "tool_use") return [];
    const { id = "", name = "", input = {} } = part;
    return [{ call: { id, name, args: input, type: "tool_call" }, path }];
  });
}

function listElements(list: JsonValue | undefined, path: string): StoredCall[] {
  return Array.isArray(list) ? list.map((call, index) => ({ call, path: `${path}[${index}]` })) : [];
}

/** Returns the names of members that LangChain cannot read, because they are of the wrong type. */
export function findUnreadableMembers(data: JsonObject): string[] {
  const objects = ["additional_kwargs", "response_metadata"];
  const lists = ["tool_calls", "invalid_tool_calls"];
  return [
    ...objects.filter((name) => data[name] !== undefined && !isJsonObject(data[name])),
    ...lists.filter((name) => data[name] !== undefined && !Array.isArray(data[name])),
  ];
}

/** Returns the message with other members. */
export function withMembers(message: JsonObject, data: JsonObject): JsonObject {
  const member = readMembers(message)?.member ?? "data";
  if (member === "data" || hasReadableClass(message)) return { ...message, [member]: data };
  return { ...withReadableClass(message), [member]: data };
}

/** Returns a new tool message in the form of another message. */
export function newToolMessage(data: JsonObject, source: JsonObject): JsonObject {
  if (readMembers(source)?.member !== "kwargs") return { type: "tool", data };
  return { ...withReadableClass({ id: ["ToolMessage"] }), kwargs: data };
}
