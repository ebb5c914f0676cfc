import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { checkArgumentsLength, isRejectedId, newCallId, toSendableName } from "../sendable-call.ts";
import { callKindOf, toItemId, typeOf } from "./call-items.ts";
import { requiresId } from "./required-members.ts";

/** The types of calls that name a tool of the application, instead of one of a server. */
const NAMED_TYPES: readonly string[] = ["custom_tool_call", "function_call"];

/** The ids that the Responses API accepts. */
const ID = /^.{1,64}$/s;

/**
 * Makes the calls of a response acceptable in later requests, before any of them runs: ids and names that the API
 * rejects, and ids of earlier calls of the response, are replaced. Returns whether an id changed: the service's copy of
 * the response then differs, and the call can be answered only together with the new copy. Throws `RESPONSE_INVALID`
 * for arguments that are too long.
 */
export function makeItemsSendable(items: JsonValue): boolean {
  let isRenamed = false;
  const ids = new Set<string>();
  for (const item of Array.isArray(items) ? items : []) {
    const kind = isJsonObject(item) ? callKindOf(item) : undefined;
    if (!isJsonObject(item) || kind === undefined) continue;
    if (NAMED_TYPES.includes(typeOf(item))) replace(item, "name", toSendableName(item["name"]));
    checkArgumentsLength(item["arguments"] ?? item["input"], "openai");
    const members = new Set<string>([kind.idMember, ...(requiresId(item) ? ["id"] : [])]);
    for (const member of members) {
      const current = item[member];
      // Anything else than a string is not a response of the API, and is rejected.
      if (typeof current !== "string") continue;
      const isRepeated = ids.has(`${member} ${current}`);
      ids.add(`${member} ${current}`);
      if (!isRepeated && !isRejectedId(current, ID)) continue;
      const id = newCallId(ID);
      replace(item, member, member === "id" ? (toItemId(item, id) ?? id) : id);
      isRenamed = true;
    }
  }
  return isRenamed;
}

/** Removes calls that a response contains twice with everything they have, even the id of their item. */
export function removeRepeatedCalls(items: JsonValue): JsonValue {
  if (!Array.isArray(items)) return items;
  const calls = new Set<string>();
  return items.filter((item) => {
    const kind = isJsonObject(item) ? callKindOf(item) : undefined;
    // Without an id, two calls may be equal.
    if (!isJsonObject(item) || kind === undefined || !item["id"] || !item[kind.idMember]) return true;
    const text = JSON.stringify(item);
    return !calls.has(text) && calls.add(text);
  });
}

function replace(item: JsonObject, member: string, value: JsonValue | undefined): void {
  if (value !== undefined) item[member] = value;
}
