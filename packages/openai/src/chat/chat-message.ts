import type { AgentErrorCode } from "@threadstore/agent";
import { invalidValue } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { checkContent, requireRole, requireString } from "../check-message.ts";

/**
 * A message in the wire form of Chat Completions, stored unchanged, including members that this version does not
 * know.
 */
export type ChatMessage = ChatCompletionMessageParam;

type Check = (message: JsonObject, path: string, code: AgentErrorCode) => void;

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ["system", checkRequiredContent],
  ["developer", checkRequiredContent],
  ["user", checkRequiredContent],
  ["assistant", checkAssistantMessage],
  ["tool", checkToolResult],
  ["function", checkFunctionResult],
]);

export const CHAT_ROLES: readonly string[] = [...CHECKS.keys()];

/** Validates messages. Throws an error of `code` with the path of the first invalid one. */
export function checkMessages(
  messages: JsonValue | undefined,
  path: string,
  code: AgentErrorCode,
): ChatMessage[] {
  if (!Array.isArray(messages)) throw invalidValue(code, path, "an array of messages", messages);
  return messages.map((message, index) => checkMessage(message, `${path}[${index}]`, code));
}

/** Validates a message that is about to be sent and stored. Throws an error of `code` with the path. */
export function checkMessage(message: JsonValue, path: string, code: AgentErrorCode): ChatMessage {
  if (!isJsonObject(message)) throw invalidValue(code, path, "a message object", message);
  const { role } = message;
  requireRole(role, CHAT_ROLES, `${path}.role`, code);
  CHECKS.get(role as string)?.(message, path, code);
  return message as unknown as ChatMessage;
}

function checkRequiredContent(message: JsonObject, path: string, code: AgentErrorCode): void {
  checkContent(message["content"], `${path}.content`, code);
}

function checkOptionalContent(message: JsonObject, path: string, code: AgentErrorCode): void {
  if (message["content"] !== undefined && message["content"] !== null) {
    checkRequiredContent(message, path, code);
  }
}

function checkAssistantMessage(message: JsonObject, path: string, code: AgentErrorCode): void {
  checkOptionalContent(message, path, code);
  const calls = message["tool_calls"];
  if (calls === undefined || calls === null) return;
  const callsPath = `${path}.tool_calls`;
  if (!Array.isArray(calls)) throw invalidValue(code, callsPath, "an array of tool calls", calls);
  calls.forEach((call, index) => checkToolCall(call, `${callsPath}[${index}]`, code));
}

function checkToolCall(call: JsonValue, path: string, code: AgentErrorCode): void {
  if (!isJsonObject(call)) throw invalidValue(code, path, "a tool call", call);
  requireString(call, "id", path, code);
  requireString(call, "type", path, code);
  if (call["type"] !== "function") return;
  const definition = call["function"];
  if (!isJsonObject(definition)) throw invalidValue(code, `${path}.function`, "an object", definition);
  requireString(definition, "name", `${path}.function`, code);
  requireString(definition, "arguments", `${path}.function`, code);
}

function checkToolResult(message: JsonObject, path: string, code: AgentErrorCode): void {
  requireString(message, "tool_call_id", path, code);
  checkRequiredContent(message, path, code);
}

function checkFunctionResult(message: JsonObject, path: string, code: AgentErrorCode): void {
  requireString(message, "name", path, code);
  checkOptionalContent(message, path, code);
}
