import type { ToolCall } from "@threadstore/agent/provider";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type CallKind, CALL_KINDS, CALL_KINDS_BY_ANSWER } from "./call-kinds.ts";

/** Returns the type of an item, which may be malformed. */
export function typeOf(item: object): string {
  const { type } = item as JsonObject;
  return typeof type === "string" ? type : "message";
}

/** Returns the kind of a call that the application must answer; `undefined` for any other item. */
export function callKindOf(item: object): CallKind | undefined {
  const call = item as JsonObject;
  const type = typeOf(call);
  const kind = Object.hasOwn(CALL_KINDS, type) ? CALL_KINDS[type] : undefined;
  return kind?.isAnsweredByService(call) === true ? undefined : kind;
}

/** Returns the kind of call that an item of the application answers; `undefined` for any other item. */
export function answeredKindOf(item: object): CallKind | undefined {
  const { id, execution } = item as JsonObject;
  const type = typeOf(item);
  const kind = CALL_KINDS_BY_ANSWER.get(type);
  // The service answers these itself, within its response.
  if (type === "tool_search_output" && execution !== "client") return undefined;
  return type === "shell_call_output" && typeof id === "string" && id.startsWith("sho") ? undefined : kind;
}

/** Returns the item that answers a call, which may be malformed. */
export function toAnswer(call: JsonObject, kind: CallKind, text: string, isError: boolean): JsonObject {
  const { caller } = call;
  return {
    type: kind.answerType,
    [kind.answeredIdMember]: call[kind.idMember] ?? "",
    ...kind.answer(call, text, isError),
    // A call of a program that the service runs is answered to that program.
    ...(isJsonObject(caller) ? { caller } : {}),
  };
}

/** Returns a call in the form of the agent; `undefined` if it is malformed. */
export function toToolCall(item: object, kind: CallKind, index: number): ToolCall | undefined {
  const call = item as JsonObject;
  const callId = call[kind.idMember];
  const shown = kind.describe(call);
  if (typeof callId !== "string" || shown === undefined) return undefined;
  const type = typeOf(call);
  const { caller } = call;
  const toolCall = { callId, ...shown, index };
  if (type !== "function_call")
    return {
      ...toolCall,
      kind: type,
      hasTextResult: kind.hasTextResult,
      hidesErrors: kind.hidesErrors,
      message: call,
    };
  return isJsonObject(caller) ? { ...toolCall, message: call } : toolCall;
}

/** The prefixes of the ids of calls that keep theirs in addition to `call_id`. */
const ID_PREFIXES: { readonly [type: string]: string } = { computer_call: "cu", local_shell_call: "lsh" };

/** Returns the id of the item of a call from its new `call_id`; `undefined` if the item does not need one. */
export function toItemId(call: JsonObject, callId: string): string | undefined {
  const prefix = ID_PREFIXES[typeOf(call)];
  return prefix === undefined ? undefined : `${prefix}_${callId}`;
}
