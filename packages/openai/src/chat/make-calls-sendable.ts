import { PROVIDER_LIMITS, type Provider } from "@threadstore/agent";
import { hasThoughtSignature } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Makes the calls of a response acceptable in later requests, before any of them runs. Some servers omit the ids of
 * calls or use an id twice, but a result must name its call. Some models call tools by names that no provider accepts,
 * and would make every later request fail.
 */
export function makeCallsSendable(message: JsonObject, provider: Provider): void {
  const calls = message["tool_calls"];
  if (!Array.isArray(calls)) return;
  const pattern = PROVIDER_LIMITS[provider].callId?.value ?? /^/;
  const ids = new Set<unknown>();
  for (const call of calls) {
    if (!isJsonObject(call)) continue;
    const { id, function: definition } = call;
    if (!id || ids.has(id) || isRefused(id, pattern)) call["id"] = newCallId(pattern);
    ids.add(call["id"]);
    if (!isJsonObject(definition)) continue;
    const { name } = definition;
    if (typeof name !== "string" || TOOL_NAME.test(name)) continue;
    // Never the name of a tool: the model must call it by its own name.
    definition["name"] = `invalid_name_${name.replaceAll(/[^\w-]/g, "_")}`.slice(0, 64);
  }
}

function isRefused(id: JsonValue, pattern: RegExp): boolean {
  return typeof id === "string" && !pattern.test(id) && !hasThoughtSignature(id);
}

function newCallId(pattern: RegExp): string {
  const digits = crypto.randomUUID().replaceAll("-", "");
  // Without hyphens, because providers accept ids of at most 40 characters.
  const id = `call_${digits}`;
  return pattern.test(id) ? id : digits.slice(0, 9);
}
