import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { contentText, type Entry, objectsOf, textEntry, textOf } from "./entry.ts";

/** Reads a message of Chat Completions, or of an API with the same roles. */
export function chatEntries(message: JsonObject): Entry[] {
  const { role, content, refusal, tool_call_id: callId } = message;
  if (role === "tool" || role === "function") {
    return [{ kind: "result", id: textOf(callId ?? message["name"]), output: contentText(content) }];
  }
  const calls = (objectsOf(message["tool_calls"]) ?? []).map(callEntry);
  return [
    ...textEntry(textOf(role), contentText(content)),
    ...textEntry(textOf(role), textOf(refusal)),
    ...calls,
  ];
}

function callEntry({ id, function: definition, custom }: JsonObject): Entry {
  const {
    name,
    arguments: input,
    input: text,
  } = isJsonObject(definition) ? definition : isJsonObject(custom) ? custom : {};
  return { kind: "call", id: textOf(id), name: textOf(name), input: textOf(input ?? text) };
}

const LANGCHAIN_ROLES: Readonly<Record<string, string>> = {
  human: "user",
  ai: "assistant",
  system: "system",
  tool: "tool",
  HumanMessage: "user",
  AIMessage: "assistant",
  AIMessageChunk: "assistant",
  SystemMessage: "system",
  ToolMessage: "tool",
};

/** Reads a message of LangChain in any of its JSON forms; `undefined` for another message. */
export function langChainEntries(message: JsonObject): Entry[] | undefined {
  const { type, id, kwargs, data } = message;
  const className = Array.isArray(id) ? textOf(id.at(-1)) : textOf(type);
  const role = Object.hasOwn(LANGCHAIN_ROLES, className) ? LANGCHAIN_ROLES[className] : undefined;
  if (role === undefined) return undefined;
  const members = isJsonObject(kwargs) ? kwargs : isJsonObject(data) ? data : message;
  const { content } = members;
  if (role === "tool") {
    return [{ kind: "result", id: textOf(members["tool_call_id"]), output: contentText(content) }];
  }
  const calls = (objectsOf(members["tool_calls"]) ?? []).map((call): Entry => ({
    kind: "call",
    id: textOf(call["id"]),
    name: textOf(call["name"]),
    input: textOf(call["args"]),
  }));
  return [...textEntry(role, contentText(content)), ...calls];
}
