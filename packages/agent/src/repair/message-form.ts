import type { JsonObject } from "@threadstore/core/documents";
import { type MessageEntry, withoutMember } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";

/**
 * The form that repairs work on: messages with `role` and `content`, with the calls of an assistant message in
 * `tool_calls` and the id of the call that a result answers in `tool_call_id`. Chat Completions and compatible APIs
 * use it without conversion.
 */
export const MESSAGE_FORM: WireForm = {
  maxCallIdLength: 40,
  isChatCompletions: true,
  isOwn: ({ role, tool_calls: calls }) => role === "tool" || role === "function" || calls !== undefined,
  isReasoning: () => false,
  serviceActionId: () => undefined,
  optionalId: () => undefined,
  replaceTexts: (message) => message,
  isService: () => true,
  namesConversation: () => true,
  read,
  checkRole: () => true,
  write,
  newResult: (callId, text) => ({ role: "tool", tool_call_id: callId, content: text }),
  withdraw: () => undefined,
  mayAnswer: () => true,
  toPart: (part) => (part["type"] !== "text" || typeof part["text"] === "string" ? part : undefined),
  newTextPart: (text) => ({ type: "text", text }),
  mayPrecedeResult: () => false,
};

function read(source: JsonObject, path: string, position: number): MessageEntry {
  const calls = source["role"] === "assistant" ? source["tool_calls"] : undefined;
  const values = Array.isArray(calls) ? calls : [];
  return {
    path,
    contentPath: `${path}.content`,
    answeredIdPath: `${path}.tool_call_id`,
    source,
    position,
    value: source,
    calls: values.map((value, index) => {
      const callPath = `${path}.tool_calls[${index}]`;
      const argumentsPath = `${callPath}.function.arguments`;
      return { path: callPath, index, idPath: `${callPath}.id`, argumentsPath, value };
    }),
    isChanged: false,
  };
}

function write({ source, value, calls, isChanged }: MessageEntry): JsonObject {
  if (!isChanged) return source;
  if (calls.length > 0) return { ...value, tool_calls: calls.map((call) => call.value) };
  return Array.isArray(value["tool_calls"]) ? withoutMember(value, "tool_calls") : value;
}
