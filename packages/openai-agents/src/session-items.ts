import type { AgentInputItem } from "@openai/agents-core";
import { isJsonObject, plainJson, type JsonObject } from "./plain-json.ts";
import { SessionError, unexpected, type Origin } from "./session-error.ts";

/** What the model is told of a call that has no result. */
export const interruptedOutput: string =
  "Interrupted: this call was not finished. Whether it had any effect is not known.";

/** The items that a caller passed, checked and copied. Throws `INVALID_ARGUMENT` with the path. */
export function itemsFromArgument(items: unknown, path = "$"): JsonObject[] {
  return checkItems(plainJson(items, path), path, "INVALID_ARGUMENT");
}

/**
 * Checks that each item is of the protocol of the Agents SDK as far as this package and the SDK's models rely on it.
 * Types of items that are unknown here pass: a later SDK may have written them.
 */
export function checkItems(items: unknown, path: string, code: Origin): JsonObject[] {
  if (!Array.isArray(items)) throw unexpected(code, path, "a list of items", items);
  return items.map((item: unknown, index) => checkItem(item, `${path}[${index}]`, code));
}

function checkItem(item: unknown, path: string, code: Origin): JsonObject {
  if (!isJsonObject(item)) throw unexpected(code, path, "an item", item);
  const { type } = item;
  if (type === undefined || type === "message") return checkMessage(item, path, code);
  if (typeof type !== "string" || type === "")
    throw unexpected(code, `${path}.type`, "a type of items", type);
  const texts = textsOfType.get(type) ?? [];
  for (const name of texts) {
    if (typeof item[name] !== "string") throw unexpected(code, `${path}.${name}`, "text", item[name]);
  }
  return item;
}

const textsOfType: ReadonlyMap<string, readonly string[]> = new Map([
  ["function_call", ["callId", "name", "arguments"]],
  ["function_call_result", ["callId"]],
]);

function checkMessage(item: JsonObject, path: string, code: Origin): JsonObject {
  const { role, content } = item;
  if (typeof role !== "string" || role === "") throw unexpected(code, `${path}.role`, "a role", role);
  if (typeof content === "string") return item;
  if (!Array.isArray(content)) throw unexpected(code, `${path}.content`, "text or a list of parts", content);
  for (const [index, part] of content.entries()) {
    const partPath = `${path}.content[${index}]`;
    if (!isJsonObject(part)) throw unexpected(code, partPath, "a part", part);
    if (typeof part["type"] !== "string") {
      throw unexpected(code, `${partPath}.type`, "a type of parts", part["type"]);
    }
  }
  return item;
}

/**
 * The history with `added` behind it, in order; but a function's result whose call is followed by something else goes
 * directly behind that call, and replaces a result that only said the call was interrupted.
 */
export function appendItems(history: readonly JsonObject[], added: readonly JsonObject[]): JsonObject[] {
  const items = [...history];
  for (const item of added) {
    const interrupted = isResult(item) ? items.findIndex((other) => isInterrupted(other, item)) : -1;
    if (interrupted === -1) items.splice(placeFor(item, items), 0, item);
    else items[interrupted] = item;
  }
  return items;
}

/** Where an item goes: a result behind its call, and what stands around it in one turn; anything else at the end. */
function placeFor(item: JsonObject, items: readonly JsonObject[]): number {
  if (!isResult(item)) return items.length;
  const call = items.findLastIndex((other) => isCall(other) && other["callId"] === item["callId"]);
  if (call === -1) return items.length;
  let place = call + 1;
  while (isCall(items[place])) place += 1;
  while (isResult(items[place])) place += 1;
  return place;
}

/** A result for each function call that has none, saying `output`. */
export function resultsForOpenCalls(
  items: readonly JsonObject[],
  output: string,
): (JsonObject & { callId: string })[] {
  const answered = new Set(items.filter(isResult).map((item) => item["callId"]));
  return items
    .filter((item) => isCall(item) && !answered.has(item["callId"]))
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

/** An item as the SDK knows it. Its type says more than was checked: what is stored is what the SDK passed. */
export function asAgentItem(item: JsonObject): AgentInputItem {
  return item as unknown as AgentInputItem;
}

function isCall(item: JsonObject | undefined): boolean {
  return item?.["type"] === "function_call";
}

function isResult(item: JsonObject | undefined): boolean {
  return item?.["type"] === "function_call_result";
}

function isInterrupted(item: JsonObject, result: JsonObject): boolean {
  return isResult(item) && item["callId"] === result["callId"] && item["status"] === "incomplete";
}

/** Checks how many items are asked for. Throws `INVALID_ARGUMENT`. */
export function checkLimit(limit: unknown): void {
  if (limit === undefined || Number.isInteger(limit)) return;
  throw new SessionError("INVALID_ARGUMENT", "limit: expected a whole number.", { path: "limit" });
}
