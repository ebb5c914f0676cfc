import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import { type CallEntry, type MessageEntry, withoutUndefined } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import {
  findUnreadableMembers,
  hasReadableClass,
  listCalls,
  newToolMessage,
  readMembers,
} from "./message-members.ts";
import { writeMessage } from "./write-message.ts";

/**
 * The messages of LangChain as its chat histories store them, and as its `load` reads them. Calls that the model
 * malformed are calls, too: LangChain sends them to the model and expects a result.
 */
export const LANGCHAIN_WIRE_FORM: WireForm = {
  maxCallIdLength: 40,
  isChatCompletions: false,
  isOwn: () => false,
  isReasoning: () => false,
  serviceActionId: () => undefined,
  optionalId: () => undefined,
  replaceTexts: (message) => message,
  isService: () => false,
  namesConversation: () => false,
  read,
  checkRole,
  write: (entry) => (entry.isChanged ? writeMessage(entry, readContent(entry.source)) : entry.source),
  newResult: (callId, text, source) =>
    newToolMessage({ content: text, tool_call_id: callId, status: "error" }, source),
  withdraw: () => undefined,
  mayAnswer: () => true,
  toPart: (part) => (part["type"] !== "text" || typeof part["text"] === "string" ? part : undefined),
  newTextPart: (text) => ({ type: "text", text }),
  mayPrecedeResult: () => false,
};

function read(source: JsonObject, path: string, position: number): MessageEntry {
  const { role, data = {}, member = "data" } = readMembers(source) ?? {};
  const dataPath = `${path}.${member}`;
  const { tool_call_id: answeredId, name, additional_kwargs: extra } = data;
  const functionCall = isJsonObject(extra) ? extra["function_call"] : undefined;
  return {
    path,
    contentPath: `${dataPath}.content`,
    answeredIdPath: `${dataPath}.tool_call_id`,
    source,
    position,
    value: withoutUndefined({
      role,
      content: readContent(source),
      tool_call_id: answeredId,
      name,
      function_call: functionCall,
    }),
    calls: role === "assistant" ? readCalls(data, dataPath) : [],
    isChanged: false,
  };
}

/** Returns the content with parts only: an element of LangChain's content may be a string. */
function readContent(source: JsonObject): JsonValue | undefined {
  const content = readMembers(source)?.data["content"];
  if (!Array.isArray(content)) return content;
  return content.map((part) => (typeof part === "string" ? { type: "text", text: part } : part));
}

function readCalls(data: JsonObject, path: string): CallEntry[] {
  return listCalls(data).map(({ call, path: memberOfCall }, index) => {
    const callPath = `${path}.${memberOfCall}`;
    const isEarlier = isJsonObject(call) && isJsonObject(call["function"]);
    const argsMember = memberOfCall.startsWith("content") ? "input" : "args";
    return {
      path: callPath,
      index,
      idPath: memberPath(callPath, "id"),
      argumentsPath: `${callPath}.${isEarlier ? "function.arguments" : argsMember}`,
      value: isJsonObject(call) && !isEarlier ? toCall(call, memberOfCall.startsWith("tool_calls")) : call,
    };
  });
}

function toCall({ id, name, args }: JsonObject, isValid: boolean): JsonObject {
  // Invalid calls have their arguments as text already. In others, text is a fault, which a value shows.
  const isText = typeof args === "string";
  const text = isJsonObject(args) ? JSON.stringify(args) : isText && isValid ? toValue(args) : args;
  return withoutUndefined({ id, type: "function", function: withoutUndefined({ name, arguments: text }) });
}

function toValue(text: string): JsonValue {
  try {
    const value = JSON.parse(text) as JsonValue;
    return typeof value === "string" ? { raw: value } : value;
  } catch {
    return { raw: text };
  }
}

function checkRole(entry: MessageEntry, repairer: Repairer): boolean {
  const { source, path, position, value } = entry;
  const members = readMembers(source);
  if (members === undefined) {
    const message = "This is not a message of LangChain.";
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "A repair drops it." });
    return false;
  }
  if (members.member === "kwargs" && !hasReadableClass(source) && value["role"] !== undefined) {
    const rewrite = (): string => {
      entry.isChanged = true;
      return "A repair sets it.";
    };
    const problem = "LangChain cannot find the class of this message.";
    repairer.repair(
      { code: "envelope-invalid", path: `${path}.id`, position, message: problem },
      { rewrite },
    );
  }
  for (const name of findUnreadableMembers(members.data)) {
    const remove = (): string => {
      entry.isChanged = true;
      return "A repair removes it.";
    };
    const location = `${path}.${members.member}.${name}`;
    const problem = "LangChain cannot read this member.";
    repairer.repair(
      { code: "member-unsupported", path: location, position, message: problem },
      { drop: remove },
    );
  }
  if (value["role"] !== undefined) {
    addContent(entry, repairer);
    return true;
  }
  const message = "Models do not support messages of this type.";
  const drop = "A repair drops the message.";
  repairer.repair({ code: "role-unknown", path, position, message }, { drop });
  return false;
}

/** Adds the content of a message with calls, without which LangChain cannot read the message. */
function addContent(entry: MessageEntry, repairer: Repairer): void {
  const { value, calls, contentPath: path, position } = entry;
  const { role, content = null } = value;
  if (role !== "assistant" || content !== null || calls.length === 0) return;
  const rewrite = (): FixResult => {
    entry.value = { ...value, content: "" };
    entry.isChanged = true;
    return { description: "A repair sets it to an empty string.", action: "rewrite" };
  };
  const message = "The content is missing.";
  // A message that was dropped would take its calls with it.
  repairer.repair({ code: "content-invalid", path, position, message }, { rewrite, drop: rewrite });
}
