import { chatThreadKind } from "../chat/chat-thread.ts";
import type { JsonObject } from "../thread/json.ts";
import { withoutMember, type Entry, type Wire } from "./draft.ts";
import type { Mender } from "./mender.ts";

/** Messages of Chat Completions. */
export const chatWire: Wire = {
  version: chatThreadKind.version,
  longestId: 40,
  read,
  mendRole,
  finish,
  newResult: (callId, text) => ({ role: "tool", tool_call_id: callId, content: text }),
  newTextPart: (text) => ({ type: "text", text }),
  mayComeBetween: () => false,
};

function read(source: JsonObject, path: string, position: number): Entry {
  const calls = source["role"] === "assistant" ? source["tool_calls"] : undefined;
  const values = Array.isArray(calls) ? calls : [];
  return {
    path,
    contentPath: `${path}.content`,
    answeredIdPath: `${path}.tool_call_id`,
    source,
    position,
    message: source,
    calls: values.map((value, order) => {
      const callPath = `${path}.tool_calls[${order}]`;
      const argumentsPath = `${callPath}.function.arguments`;
      return { path: callPath, order, idPath: `${callPath}.id`, argumentsPath, value };
    }),
    isChanged: false,
  };
}

const roles: ReadonlySet<string> = new Set(["assistant", "developer", "function", "system", "tool", "user"]);

function mendRole({ message, path, position }: Entry, mender: Mender): boolean {
  const { role, name } = message;
  const drop = "the message was dropped";
  if (typeof role !== "string" || !roles.has(role)) {
    const what = "the role is none of Chat Completions";
    mender.mend({ code: "role-unknown", path: `${path}.role`, position, message: what }, { drop });
    return false;
  }
  if (role !== "function" || typeof name === "string") return true;
  const what = "this result of a function does not name the function";
  mender.mend({ code: "message-invalid", path, position, message: what }, { drop });
  return false;
}

function finish({ source, message, calls, isChanged }: Entry): JsonObject {
  if (!isChanged) return source;
  if (calls.length > 0) return { ...message, tool_calls: calls.map(({ value }) => value) };
  return Array.isArray(message["tool_calls"]) ? withoutMember(message, "tool_calls") : message;
}
