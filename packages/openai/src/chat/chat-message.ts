import type { AgentErrorCode, JsonObject } from "@threadstore/agent";
import { isJsonObject, unexpected } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";

/** A message in the wire form of Chat Completions, kept verbatim, members unknown to this version too. */
export type ChatMessage = ChatCompletionMessageParam;

type Check = (message: JsonObject, path: string, code: AgentErrorCode) => void;

const checks: { readonly [role: string]: Check } = {
  system: checkContent,
  developer: checkContent,
  user: checkContent,
  assistant: checkAssistant,
  tool: checkToolResult,
  function: checkFunctionResult,
};

/** Checks that values of JSON are messages; the first that is not is an error of `code` with its path. */
export function checkMessages(
  messages: JsonValue | undefined,
  path: string,
  code: AgentErrorCode,
): ChatMessage[] {
  if (!Array.isArray(messages)) throw unexpected(code, path, "an array of messages", messages);
  return messages.map((message, index) => checkMessage(message, `${path}[${index}]`, code));
}

/** Checks that a value of JSON is a message that can be sent and stored. */
export function checkMessage(message: JsonValue, path: string, code: AgentErrorCode): ChatMessage {
  if (!isJsonObject(message)) throw unexpected(code, path, "a message object", message);
  const { role } = message;
  const check = typeof role === "string" && Object.hasOwn(checks, role) ? checks[role] : undefined;
  if (check === undefined) {
    throw unexpected(code, `${path}.role`, `one of ${Object.keys(checks).join(", ")}`, role);
  }
  check(message, path, code);
  return message as unknown as ChatMessage;
}

function checkContent(message: JsonObject, path: string, code: AgentErrorCode): void {
  const { content } = message;
  if (typeof content === "string") return;
  if (!Array.isArray(content)) {
    throw unexpected(code, `${path}.content`, "a string or an array of parts", content);
  }
  content.forEach((part, index) => {
    const partPath = `${path}.content[${index}]`;
    if (!isJsonObject(part)) throw unexpected(code, partPath, "a content part", part);
    checkText(part, "type", partPath, code);
  });
}

function checkOptionalContent(message: JsonObject, path: string, code: AgentErrorCode): void {
  if (message["content"] !== undefined && message["content"] !== null) checkContent(message, path, code);
}

function checkAssistant(message: JsonObject, path: string, code: AgentErrorCode): void {
  checkOptionalContent(message, path, code);
  const calls = message["tool_calls"];
  if (calls === undefined || calls === null) return;
  if (!Array.isArray(calls)) throw unexpected(code, `${path}.tool_calls`, "an array of tool calls", calls);
  calls.forEach((call, index) => {
    checkToolCall(call, `${path}.tool_calls[${index}]`, code);
  });
}

function checkToolCall(call: JsonValue, path: string, code: AgentErrorCode): void {
  if (!isJsonObject(call)) throw unexpected(code, path, "a tool call", call);
  checkText(call, "id", path, code);
  checkText(call, "type", path, code);
  if (call["type"] !== "function") return;
  const definition = call["function"];
  if (!isJsonObject(definition)) throw unexpected(code, `${path}.function`, "an object", definition);
  checkText(definition, "name", `${path}.function`, code);
  checkText(definition, "arguments", `${path}.function`, code);
}

function checkToolResult(message: JsonObject, path: string, code: AgentErrorCode): void {
  checkText(message, "tool_call_id", path, code);
  checkContent(message, path, code);
}

function checkFunctionResult(message: JsonObject, path: string, code: AgentErrorCode): void {
  checkText(message, "name", path, code);
  checkOptionalContent(message, path, code);
}

function checkText(object: JsonObject, member: string, path: string, code: AgentErrorCode): void {
  if (typeof object[member] !== "string") {
    throw unexpected(code, `${path}.${member}`, "a string", object[member]);
  }
}
