import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { draft, type Draft, objectsOf, textDrafts, textOf } from "./entry.ts";
import { contentDrafts, resultDrafts } from "./parts.ts";

const ROLES: Readonly<Record<string, string>> = {
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
export function langChainDrafts(message: JsonObject): Draft[] | undefined {
  const { type, id, kwargs, data } = message;
  const className = Array.isArray(id) ? textOf(id.at(-1)) : textOf(type);
  const role = Object.hasOwn(ROLES, className) ? ROLES[className] : undefined;
  if (role === undefined) return undefined;
  const members = isJsonObject(kwargs) ? kwargs : isJsonObject(data) ? data : message;
  const at = isJsonObject(kwargs) ? ".kwargs" : isJsonObject(data) ? ".data" : "";
  const { content, status, tool_call_id: callId, additional_kwargs: others } = members;
  if (role === "tool") {
    const result = { id: textOf(callId), output: content, isError: status === "error", at: ".content" };
    return resultDrafts(result, { role, at, value: members });
  }
  const reasoning = isJsonObject(others) ? others["reasoning_content"] : undefined;
  const calls = objectsOf(members["tool_calls"]) ?? [];
  // Anthropic's calls are in both places.
  const repeated = new Set(calls.map((call) => textOf(call["id"])));
  return [
    ...textDrafts(
      typeof reasoning === "string" ? reasoning : "",
      { role, at: `${at}.additional_kwargs.reasoning_content`, value: reasoning },
      "reasoning",
    ),
    ...contentDrafts(content, { role, at: `${at}.content` }).filter(
      (each) => each.kind !== "call" || !repeated.has(each.id),
    ),
    ...calls.map((value, index) => {
      const { id: callName, name, args } = value;
      const call = { kind: "call", id: textOf(callName), name: textOf(name), input: textOf(args) } as const;
      return draft(call, { role, at: `${at}.tool_calls[${index}]`, value });
    }),
  ];
}
