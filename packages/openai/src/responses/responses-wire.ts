import type { JsonObject } from "@threadstore/agent";
import { isJsonObject, type CallSlot, type Entry, type Wire, type Mender } from "@threadstore/agent/provider";

/** Items of the Responses API: calls and results are items of their own, and others may stand between them. */
export const responsesWire: Wire = {
  longestId: 64,
  takesStrictOrder: false,
  read,
  mendRole,
  finish,
  newResult: (callId, text) => ({ type: "function_call_output", call_id: callId, output: text }),
  newTextPart: (text, role) => ({ type: role === "assistant" ? "output_text" : "input_text", text }),
  mayComeBetween: ({ message }) => message["role"] === "assistant" || message["role"] === undefined,
};

function read(source: JsonObject, path: string, position: number): Entry {
  const { type = "message" } = source;
  const isResult = type === "function_call_output";
  return {
    path,
    contentPath: `${path}.${isResult ? "output" : "content"}`,
    answeredIdPath: `${path}.call_id`,
    source,
    position,
    message: toMessage(source, type),
    calls: type === "function_call" ? [readCall(source, path)] : [],
    isChanged: false,
  };
}

function toMessage(source: JsonObject, type: unknown): JsonObject {
  const { role, content, call_id: id, output } = source;
  if (type === "function_call") return { role: "assistant" };
  if (type === "function_call_output") {
    return withoutUndefined({ role: "tool", tool_call_id: id, content: output });
  }
  return type === "message" ? withoutUndefined({ role, content }) : {};
}

function readCall(source: JsonObject, path: string): CallSlot {
  const { call_id: id, name, arguments: args } = source;
  const definition = withoutUndefined({ name, arguments: args });
  return {
    path,
    order: 0,
    idPath: `${path}.call_id`,
    argumentsPath: `${path}.arguments`,
    value: withoutUndefined({ id, type: "function", function: definition }),
  };
}

function withoutUndefined(members: { readonly [name: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

const roles: ReadonlySet<unknown> = new Set(["assistant", "developer", "system", "user"]);

function mendRole({ source, path, position }: Entry, mender: Mender): boolean {
  const { type = "message", role } = source;
  if (typeof type !== "string") {
    const message = "this is no item";
    mender.mend({ code: "message-invalid", path, position, message }, { drop: "it was dropped" });
    return false;
  }
  if (type !== "message" || roles.has(role)) return true;
  const message = "the role is none of the Responses API";
  const drop = "the message was dropped";
  mender.mend({ code: "role-unknown", path: `${path}.role`, position, message }, { drop });
  return false;
}

function finish({ source, message, calls, isChanged }: Entry): JsonObject {
  if (!isChanged) return source;
  const { role, content = null, tool_call_id: id } = message;
  if (role === "tool") return { ...source, call_id: id ?? "", output: content };
  const [call] = calls;
  if (call !== undefined) return finishCall(source, call);
  if (source["type"] === "function_call") return { type: "message", role: "assistant", content };
  return { ...source, content };
}

function finishCall(source: JsonObject, { value }: CallSlot): JsonObject {
  const { id = "", function: definition } = isJsonObject(value) ? value : {};
  const { name = "", arguments: args = "" } = isJsonObject(definition) ? definition : {};
  return { ...source, call_id: id, name, arguments: args };
}
