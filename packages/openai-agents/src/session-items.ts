import type { AgentInputItem } from "@openai/agents-core";
import {
  canonicalJson,
  copyJson,
  isJsonObject,
  type JsonObject,
  memberPath,
} from "@threadstore/core/documents";
import { decodeData, encodeData } from "./binary-data.ts";
import { ANSWERS, CALLS } from "./call-types.ts";
import { invalidValue, type InvalidValueCode, SessionError } from "./session-error.ts";

/** The default result, for the model, of a call that has none. */
export const INTERRUPTED_OUTPUT: string =
  "Interrupted: this call did not finish. It is unknown whether it took effect.";

/**
 * Returns a checked copy of items that a caller passed. Lone surrogates, which neither stores nor providers accept,
 * become U+FFFD. Throws `INVALID_ARGUMENT` with the path.
 */
export function itemsFromArgument(items: unknown, path = "$"): JsonObject[] {
  const copy = copyJson(encodeData(items, path), {
    error: (message, faultPath) => new SessionError("INVALID_ARGUMENT", message, { path: faultPath }),
    path,
    loneSurrogates: "replace",
  });
  return checkItems(copy, path, "INVALID_ARGUMENT");
}

/**
 * Checks those members of each item that this package and the SDK's models rely on. Items of unknown types are
 * accepted, because a later release of the SDK may have written them.
 */
export function checkItems(items: unknown, path: string, code: InvalidValueCode): JsonObject[] {
  if (!Array.isArray(items)) throw invalidValue(code, path, "an array of items", items);
  return items.map((item: unknown, index) => checkItem(item, memberPath(path, index), code));
}

const REQUIRED_STRINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ["function_call", ["callId", "name", "arguments"]],
  ["function_call_result", ["callId"]],
]);

function checkItem(item: unknown, path: string, code: InvalidValueCode): JsonObject {
  if (!isJsonObject(item)) throw invalidValue(code, path, "an item", item);
  const { type } = item;
  if (type === undefined || type === "message") return checkMessage(item, path, code);
  if (typeof type !== "string" || type === "") throw invalidValue(code, `${path}.type`, "an item type", type);
  for (const name of REQUIRED_STRINGS.get(type) ?? []) {
    if (typeof item[name] !== "string") throw invalidValue(code, `${path}.${name}`, "a string", item[name]);
  }
  return item;
}

function checkMessage(item: JsonObject, path: string, code: InvalidValueCode): JsonObject {
  const { role, content } = item;
  if (typeof role !== "string" || role === "") throw invalidValue(code, `${path}.role`, "a role", role);
  if (typeof content === "string") return item;
  const contentPath = `${path}.content`;
  if (!Array.isArray(content))
    throw invalidValue(code, contentPath, "a string or an array of parts", content);
  for (const [index, part] of content.entries()) {
    const partPath = memberPath(contentPath, index);
    if (!isJsonObject(part)) throw invalidValue(code, partPath, "a content part", part);
    const { type } = part;
    if (typeof type !== "string") throw invalidValue(code, `${partPath}.type`, "a content part type", type);
  }
  return item;
}

/**
 * Returns the history with items added. The result of a call is inserted after its call, even if other turns
 * follow that call, and replaces a result that said the call was interrupted. Every other item is appended.
 */
export function appendItems(history: readonly JsonObject[], added: readonly JsonObject[]): JsonObject[] {
  const items = [...history];
  for (const item of added) {
    const interrupted = isResult(item) ? items.findIndex((other) => isInterrupted(other, item)) : -1;
    if (interrupted === -1) items.splice(insertionIndex(item, items), 0, item);
    else items[interrupted] = item;
  }
  return items;
}

function insertionIndex(item: JsonObject, items: readonly JsonObject[]): number {
  if (!isResult(item)) return items.length;
  const call = items.findLastIndex((other) => answerTypeOf(other) === item["type"] && isSameId(other, item));
  if (call === -1) return items.length;
  // After the calls that were made together with this one, and after the results that they already have.
  let index = call + 1;
  while (isCall(items[index])) index += 1;
  while (isResult(items[index])) index += 1;
  return index;
}

/** Creates a result for each function call that has none. */
export function resultsForOpenCalls(
  items: readonly JsonObject[],
  output: string,
): (JsonObject & { callId: string })[] {
  const answered = new Set(items.filter(isResult).map((item) => item["callId"]));
  return items
    .filter((item) => item["type"] === "function_call" && !answered.has(item["callId"]))
    .map(({ name, namespace, callId }) => {
      return {
        type: "function_call_result",
        name: name as string,
        ...(namespace === undefined ? {} : { namespace }),
        callId: callId as string,
        status: "incomplete",
        output: { type: "text", text: output.toWellFormed() },
      };
    });
}

/**
 * Returns an item as the SDK passed it. Only a part of the SDK's type has been checked; the SDK passed the rest.
 */
export function toAgentItem(item: JsonObject): AgentInputItem {
  return decodeData(item) as AgentInputItem;
}

function isCall(item: JsonObject | undefined): boolean {
  return answerTypeOf(item) !== undefined;
}

/** Returns the type of the items that answer a call; `undefined` for any other item. */
function answerTypeOf(item: JsonObject | undefined): string | undefined {
  const type = item?.["type"];
  return typeof type === "string" && Object.hasOwn(CALLS, type) ? CALLS[type]?.answerType : undefined;
}

function isResult(item: JsonObject | undefined): boolean {
  return ANSWERS.has(item?.["type"]);
}

/** Returns whether an item only says that the call which `result` answers was interrupted. */
function isInterrupted(item: JsonObject, result: JsonObject): boolean {
  const { type, status, output = null } = item;
  if (type !== result["type"] || !isSameId(item, result)) return false;
  if (type === "function_call_result") return status === "incomplete";
  const placeholder = ANSWERS.get(type)?.answer({}, INTERRUPTED_OUTPUT)["output"] ?? null;
  return canonicalJson(output) === canonicalJson(placeholder);
}

function isSameId(item: JsonObject, other: JsonObject): boolean {
  return item["callId"] === other["callId"];
}

/** Checks the number of items that a caller asked for. Throws `INVALID_ARGUMENT`. */
export function checkLimit(limit: unknown): void {
  if (limit === undefined || Number.isInteger(limit)) return;
  throw invalidValue("INVALID_ARGUMENT", "limit", "an integer", limit);
}
