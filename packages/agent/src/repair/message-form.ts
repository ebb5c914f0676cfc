import type { JsonObject } from "../thread/json.ts";
import { withoutMember, type Entry, type Wire } from "./draft.ts";

/**
 * The form that repairs work in: messages with `role` and `content`, an assistant's calls in `tool_calls`, and
 * results that name their call in `tool_call_id`. Chat Completions and whatever imitates it use it as it is.
 */
export const messageForm: Wire = {
  longestId: 40,
  takesStrictOrder: true,
  read,
  mendRole: () => true,
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

function finish({ source, message, calls, isChanged }: Entry): JsonObject {
  if (!isChanged) return source;
  if (calls.length > 0) return { ...message, tool_calls: calls.map(({ value }) => value) };
  return Array.isArray(message["tool_calls"]) ? withoutMember(message, "tool_calls") : message;
}
