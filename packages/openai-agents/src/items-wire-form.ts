import {
  type CallEntry,
  type MessageEntry,
  type Repairer,
  type WireForm,
  withoutUndefined,
} from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { ANSWERS, type CallType, CALLS } from "./call-types.ts";
import { replaceItemTexts } from "./item-texts.ts";

const ROLES: readonly unknown[] = ["assistant", "system", "user"];

/** The items of the Agents SDK. Calls and results are separate items, with other items possibly between them. */
export const ITEMS_WIRE_FORM: WireForm = {
  maxCallIdLength: 64,
  isChatCompletions: false,
  isOwn: ({ type }) => typeof type === "string",
  isReasoning: ({ type }) => type === "reasoning",
  serviceActionId: ({ type, id }) => (type === "hosted_tool_call" && typeof id === "string" ? id : undefined),
  optionalId: ({ type, id }) => (type === "hosted_tool_call" || typeof id !== "string" ? undefined : id),
  replaceTexts: replaceItemTexts,
  isService: () => false,
  namesConversation: () => false,
  read,
  checkRole,
  write,
  newResult: (callId, text, source) => ({ ...callOf(source)?.answer(source, text), callId }),
  withdraw: () => undefined,
  mayAnswer: (result, call) => callOf(call)?.answerType === result["type"],
  toPart: (part) => (part["type"] !== "text" || typeof part["text"] === "string" ? part : undefined),
  newTextPart: (text, role) => ({ type: role === "assistant" ? "output_text" : "input_text", text }),
  mayPrecedeResult: ({ value }) => value["role"] === "assistant" || value["role"] === undefined,
};

function callOf({ type }: JsonObject): CallType | undefined {
  return typeof type === "string" && Object.hasOwn(CALLS, type) ? CALLS[type] : undefined;
}

function read(source: JsonObject, path: string, position: number): MessageEntry {
  const call = callOf(source);
  const answered = ANSWERS.get(source["type"]);
  return {
    path,
    contentPath: `${path}.${answered === undefined ? "content" : "output"}`,
    answeredIdPath: `${path}.callId`,
    source,
    position,
    value: toMessage(source, call, answered),
    calls: call === undefined ? [] : [readCall(source, call, path)],
    isChanged: false,
  };
}

function toMessage(
  source: JsonObject,
  call: CallType | undefined,
  answered: CallType | undefined,
): JsonObject {
  const { type = "message", role, content, callId, output } = source;
  if (call !== undefined) return { role: "assistant" };
  if (answered !== undefined) {
    return withoutUndefined({ role: "tool", tool_call_id: callId, content: answered.read(output) });
  }
  return type === "message" ? withoutUndefined({ role, content }) : {};
}

function readCall(source: JsonObject, call: CallType, path: string): CallEntry {
  const { type, callId, name, arguments: text } = source;
  const definition = withoutUndefined({ name, arguments: text });
  const isFunction = type === "function_call";
  // Without its members, a call cannot be repaired. It is then one that does not name a tool.
  const value = isFunction || !call.isCall(source) ? { type: "function", function: definition } : { type };
  return {
    path,
    index: 0,
    idPath: `${path}.callId`,
    argumentsPath: `${path}.arguments`,
    value: withoutUndefined({ id: callId, ...value }),
  };
}

function checkRole({ source, path, position }: MessageEntry, repairer: Repairer): boolean {
  const { type = "message", role } = source;
  if (typeof type !== "string" || type === "") {
    const message = "This is not an item.";
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "A repair drops it." });
    return false;
  }
  if (type !== "message" || ROLES.includes(role)) return true;
  const message = "The Agents SDK does not support this role.";
  const drop = "A repair drops the message.";
  repairer.repair({ code: "role-unknown", path: `${path}.role`, position, message }, { drop });
  return false;
}

function write({ source, value, calls, isChanged }: MessageEntry): JsonObject {
  if (!isChanged) return source;
  const { role, content = null, tool_call_id: callId = "" } = value;
  if (role === "tool") return writeResult(source, content, callId);
  const [call] = calls;
  if (call !== undefined) return writeCall(source, call);
  if (callOf(source) === undefined) return { ...source, content };
  // The text that replaces the call of a tool that no longer exists.
  return { type: "message", role: "assistant", status: "completed", content: toParts(content) };
}

function toParts(content: JsonValue): JsonValue {
  return typeof content === "string" ? [{ type: "output_text", text: content }] : content;
}

function writeResult(source: JsonObject, content: JsonValue, callId: JsonValue): JsonObject {
  const answered = ANSWERS.get(source["type"]);
  const isSame = JSON.stringify(answered?.read(source["output"])) === JSON.stringify(content);
  return { ...source, callId, ...(isSame ? {} : { output: answered?.write(content) ?? content }) };
}

function writeCall(source: JsonObject, { value }: CallEntry): JsonObject {
  const { id = "", function: definition } = isJsonObject(value) ? value : {};
  const { name = "", arguments: text = "" } = isJsonObject(definition) ? definition : {};
  return { ...source, callId: id, ...(isJsonObject(definition) ? { name, arguments: text } : {}) };
}
