import { PROVIDER_LIMITS, type Provider } from "@threadstore/agent";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { checkArgumentsLength, isRejectedId, newCallId, toSendableName } from "../sendable-call.ts";

/**
 * Makes the calls of a response acceptable in later requests, before any of them runs. Some servers omit the ids of
 * calls or use an id twice, but a result must name its call. Some models call tools by names that no provider accepts,
 * and would make every later request fail. Throws `RESPONSE_INVALID` for arguments that are too long.
 */
export function makeCallsSendable(message: JsonObject, provider: Provider): void {
  const calls = message["tool_calls"];
  if (!Array.isArray(calls)) return;
  const pattern = PROVIDER_LIMITS[provider].callId?.value ?? /^/;
  const ids = new Set<unknown>();
  for (const call of calls) {
    if (!isJsonObject(call)) continue;
    const { id, function: definition } = call;
    if (ids.has(id) || isRejectedId(id, pattern)) call["id"] = newCallId(pattern);
    ids.add(call["id"]);
    if (!isJsonObject(definition)) continue;
    const name = toSendableName(definition["name"]);
    if (name !== undefined) definition["name"] = name;
    checkArgumentsLength(definition["arguments"], provider);
  }
}
