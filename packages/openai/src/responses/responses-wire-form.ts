import type { CallEntry, MessageEntry, Repairer, WireForm } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { RESPONSES_ROLES } from "./response-item.ts";
import { isServiceState } from "./service-state.ts";

/** The items of the Responses API. Calls and results are separate items, with other items possibly between them. */
export const RESPONSES_WIRE_FORM: WireForm = {
  maxCallIdLength: 64,
  isChatCompletions: false,
  isOwn: ({ type }) => typeof type === "string",
  isService: isServiceState,
  read,
  checkRole,
  write,
  newResult: (callId, text) => ({ type: "function_call_output", call_id: callId, output: text }),
  newTextPart: (text, role) => ({ type: role === "assistant" ? "output_text" : "input_text", text }),
  mayPrecedeResult: ({ value }) => value["role"] === "assistant" || value["role"] === undefined,
};

function read(source: JsonObject, path: string, position: number): MessageEntry {
  const { type = "message" } = source;
  const isResult = type === "function_call_output";
  return {
    path,
    contentPath: `${path}.${isResult ? "output" : "content"}`,
    answeredIdPath: `${path}.call_id`,
    source,
    position,
    value: toMessage(source, type),
    calls: type === "function_call" ? [readCall(source, path)] : [],
    isChanged: false,
  };
}

function toMessage(source: JsonObject, type: JsonValue): JsonObject {
  const { role, content, call_id: id, output } = source;
  if (type === "function_call") return { role: "assistant" };
  if (type === "function_call_output") {
    return withoutUndefined({ role: "tool", tool_call_id: id, content: output });
  }
  return type === "message" ? withoutUndefined({ role, content }) : {};
}

function readCall(source: JsonObject, path: string): CallEntry {
  const { call_id: id, name, arguments: args } = source;
  const definition = withoutUndefined({ name, arguments: args });
  return {
    path,
    index: 0,
    idPath: `${path}.call_id`,
    argumentsPath: `${path}.arguments`,
    value: withoutUndefined({ id, type: "function", function: definition }),
  };
}

function withoutUndefined(members: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

function checkRole({ source, path, position }: MessageEntry, repairer: Repairer): boolean {
  const { type = "message", role } = source;
  if (typeof type !== "string") {
    const message = "This is not an item.";
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "Dropped it." });
    return false;
  }
  if (type !== "message" || RESPONSES_ROLES.some((known) => known === role)) return true;
  const message = "The Responses API does not support this role.";
  const drop = "Dropped the message.";
  repairer.repair({ code: "role-unknown", path: `${path}.role`, position, message }, { drop });
  return false;
}

function write({ source, value, calls, isChanged }: MessageEntry): JsonObject {
  if (!isChanged) return source;
  const { role, content = null, tool_call_id: id } = value;
  if (role === "tool") return { ...source, call_id: id ?? "", output: content };
  const [call] = calls;
  if (call !== undefined) return writeCall(source, call);
  if (source["type"] === "function_call") return { type: "message", role: "assistant", content };
  return { ...source, content };
}

function writeCall(source: JsonObject, { value }: CallEntry): JsonObject {
  const { id = "", function: definition } = isJsonObject(value) ? value : {};
  const { name = "", arguments: args = "" } = isJsonObject(definition) ? definition : {};
  return { ...source, call_id: id, name, arguments: args };
}
