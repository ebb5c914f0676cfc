import {
  type CallEntry,
  INTERRUPTED_RESULT,
  type MessageEntry,
  type Repairer,
  type WireForm,
  withoutUndefined,
} from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { answeredKindOf, callKindOf, toAnswer, toItemId, typeOf } from "./call-items.ts";
import { type CallKind, CALL_KINDS } from "./call-kinds.ts";
import { isItemType } from "./item-types.ts";
import { findMissingMember, findRejectedMembers, requiresId } from "./required-members.ts";
import { RESPONSES_ROLES } from "./response-item.ts";
import { toResponsePart } from "./response-parts.ts";
import { isServiceState } from "./service-state.ts";
import { replaceOutputs } from "./shell-output.ts";

/** The items of the Responses API. Calls and results are separate items, with other items possibly between them. */
export const RESPONSES_WIRE_FORM: WireForm = {
  maxCallIdLength: 64,
  isChatCompletions: false,
  isOwn: ({ type }) => typeof type === "string",
  isReasoning: ({ type }) => type === "reasoning",
  serviceActionId: (source) => {
    const { id } = source;
    return requiresId(source) && callKindOf(source) === undefined && typeof id === "string" ? id : undefined;
  },
  optionalId: () => undefined,
  replaceTexts: replaceOutputs,
  isService: isServiceState,
  namesConversation: ({ response, conversation }) => response !== undefined || conversation !== undefined,
  read,
  checkRole,
  write,
  newResult: (callId, text, source) => {
    const kind = callKindOf(source);
    if (kind === undefined) return { type: "function_call_output", call_id: callId, output: text };
    return { ...toAnswer(source, kind, text, true), [kind.answeredIdMember]: callId };
  },
  withdraw: (result, reason) =>
    typeOf(result) === "mcp_approval_response" && result["approve"] === true
      ? { ...result, approve: false, reason }
      : undefined,
  mayAnswer: (result, call) => answeredKindOf(result) === callKindOf(call),
  toPart: toResponsePart,
  newTextPart: (text, role) => ({ type: role === "assistant" ? "output_text" : "input_text", text }),
  mayPrecedeResult: ({ value }) => value["role"] === "assistant" || value["role"] === undefined,
};

function read(source: JsonObject, path: string, position: number): MessageEntry {
  const call = callKindOf(source);
  const answered = answeredKindOf(source);
  return {
    path,
    contentPath: contentPath(path, answered),
    answeredIdPath: `${path}.${answered?.answeredIdMember ?? "call_id"}`,
    source,
    position,
    value: toMessage(source, call, answered),
    calls: call === undefined ? [] : [readCall(source, call, path)],
    isChanged: false,
  };
}

function contentPath(path: string, answered: CallKind | undefined): string {
  if (answered === undefined) return `${path}.content`;
  return answered.answersText ? `${path}.output` : path;
}

function toMessage(
  source: JsonObject,
  call: CallKind | undefined,
  answered: CallKind | undefined,
): JsonObject {
  const { role, content } = source;
  if (call !== undefined) return { role: "assistant" };
  if (answered !== undefined) {
    const text = answered.answersText
      ? toText(source["output"], answered, source)
      : toStandIn(source, answered);
    return withoutUndefined({ role: "tool", tool_call_id: source[answered.answeredIdMember], content: text });
  }
  return typeOf(source) === "message" ? withoutUndefined({ role, content }) : {};
}

/** Returns the output of a local shell only if it is text, which is all that the service accepts there. */
function toText(output: JsonValue | undefined, kind: CallKind, source: JsonObject): JsonValue | undefined {
  const isParts = Array.isArray(output) && !kind.isAnswer({ ...source, output: [] });
  return isParts ? { parts: output } : output;
}

/** Returns text for an answer that is not text: only whether the service accepts it matters to a repair. */
function toStandIn(source: JsonObject, kind: CallKind): string | undefined {
  return kind.isAnswer(source) ? JSON.stringify(kind.answeredIdMember) : undefined;
}

function readCall(source: JsonObject, kind: CallKind, path: string): CallEntry {
  return {
    path,
    index: 0,
    idPath: `${path}.${kind.idMember}`,
    argumentsPath: `${path}.arguments`,
    value: withoutUndefined({ id: source[kind.idMember], ...toDefinition(source, kind) }),
  };
}

function toDefinition(source: JsonObject, kind: CallKind): JsonObject {
  const { type, name, arguments: text, input } = source;
  if (type === "function_call") {
    return { type: "function", function: withoutUndefined({ name, arguments: text }) };
  }
  if (type === "custom_tool_call") return { type: "custom", custom: withoutUndefined({ name, input }) };
  const shown = kind.describe(source);
  // A call that does not say what to do is dropped, as one without the name of its tool.
  if (shown === undefined) return { type: "function", function: {} };
  // The tool of a server is not one of the agent.
  if (type === "mcp_approval_request") return { type };
  return { type: type ?? "", function: { name: shown.name } };
}

function checkRole(entry: MessageEntry, repairer: Repairer): boolean {
  const { source, path, position } = entry;
  const { type = "message", role } = source;
  const isMessage = typeOf(source) === "message" && RESPONSES_ROLES.some((known) => known === role);
  if (isMessage) {
    checkMembers(entry, repairer);
    return true;
  }
  if (typeof type !== "string") {
    const message = "This is not an item.";
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "A repair drops it." });
    return false;
  }
  if (!isItemType(type)) {
    const message = "The Responses API does not have items of this type.";
    const drop = "A repair drops the item.";
    repairer.repair({ code: "role-unknown", path: `${path}.type`, position, message }, { drop });
    return false;
  }
  const missing = findMissingMember(source);
  if (missing !== undefined) {
    const message = `The service requires the member \`${missing}\` of this item.`;
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "A repair drops it." });
    return false;
  }
  if (type !== "message") return true;
  const message = "The Responses API does not support this role.";
  const drop = "A repair drops the message.";
  repairer.repair({ code: "role-unknown", path: `${path}.role`, position, message }, { drop });
  return false;
}

/** Reports members of a message that the service does not accept. */
function checkMembers(entry: MessageEntry, repairer: Repairer): void {
  const { source, path, position } = entry;
  for (const name of findRejectedMembers(source)) {
    const message = "The Responses API does not accept this value.";
    const drop = (): string => {
      entry.isChanged = true;
      return "A repair removes the member.";
    };
    repairer.repair({ code: "member-unsupported", path: `${path}.${name}`, position, message }, { drop });
  }
}

function write({ source, value, calls, isChanged }: MessageEntry): JsonObject {
  if (!isChanged) return source;
  const { role, content = null, tool_call_id: id = "" } = value;
  const answered = answeredKindOf(source);
  if (role === "tool" && answered !== undefined) return writeAnswer(source, answered, id, content);
  const kind = callKindOf(source);
  const [call] = calls;
  if (kind !== undefined && call !== undefined) return writeCall(source, kind, call);
  if (kind !== undefined) return { type: "message", role: "assistant", content };
  const rejected = findRejectedMembers(source);
  const members = Object.entries({ ...source, content }).filter(([name]) => !rejected.includes(name));
  return Object.fromEntries(members);
}

function writeAnswer(source: JsonObject, kind: CallKind, id: JsonValue, content: JsonValue): JsonObject {
  const answer = { ...source, [kind.answeredIdMember]: id };
  if (kind.answersText) return { ...answer, output: content };
  return kind.isAnswer(source) ? answer : { ...answer, ...kind.answer({}, INTERRUPTED_RESULT, true) };
}

function writeCall(source: JsonObject, kind: CallKind, { value }: CallEntry): JsonObject {
  const { id = "", function: definition, custom } = isJsonObject(value) ? value : {};
  const call = { ...source, ...toCallIds(source, kind, id) };
  if (kind === CALL_KINDS["function_call"]) {
    const { name = "", arguments: text = "" } = isJsonObject(definition) ? definition : {};
    return { ...call, name, arguments: text };
  }
  if (kind !== CALL_KINDS["custom_tool_call"]) return call;
  const { name = "", input = "" } = isJsonObject(custom) ? custom : {};
  return { ...call, name, input };
}

/** Returns the members that identify a call, of which a renamed call needs new ones. The service rejects an id twice. */
function toCallIds(source: JsonObject, { idMember }: CallKind, id: JsonValue): JsonObject {
  const isRenamed = typeof id === "string" && source[idMember] !== id;
  const itemId = isRenamed ? toItemId(source, id) : undefined;
  return itemId === undefined ? { [idMember]: id } : { [idMember]: id, id: itemId };
}
