import { AgentError, PROVIDER_LIMITS, type Provider } from "@threadstore/agent";
import { hasThoughtSignature } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { createId } from "@threadstore/core/documents";

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Returns the name of the called tool, or a replacement for a name that no provider accepts in later requests. */
export function toSendableName(name: JsonValue | undefined): JsonValue | undefined {
  if (typeof name !== "string" || isToolName(name)) return name;
  // Never the name of a tool: the model must call it by its own name.
  return toValidName(`invalid_name_${name}`);
}

export function isToolName(name: string): boolean {
  return TOOL_NAME.test(name);
}

/** Replaces the characters of a name that providers reject, and shortens it. */
export function toValidName(name: string): string {
  return name.replaceAll(/[^\w-]/g, "_").slice(0, 64);
}

/** Returns whether later requests cannot contain the id of a call. A value of another type is not replaced. */
export function isRejectedId(id: JsonValue | undefined, pattern: RegExp): boolean {
  if (!id) return true;
  return typeof id === "string" && !pattern.test(id) && !hasThoughtSignature(id);
}

/**
 * Throws `RESPONSE_INVALID` for arguments that are longer than the provider accepts in later requests: the call must
 * not run, because its result could not be sent.
 */
export function checkArgumentsLength(text: JsonValue | undefined, provider: Provider): void {
  const maximum = PROVIDER_LIMITS[provider].textLength?.value ?? Infinity;
  if (typeof text !== "string" || text.length <= maximum) return;
  const message = `The arguments of a call have more than the ${maximum} characters that the provider accepts in later requests, so the call did not run. Let the model call the tool with less at a time.`;
  throw new AgentError("RESPONSE_INVALID", message);
}

/** Returns a new id of a call. */
export function newCallId(pattern: RegExp): string {
  const digits = createId().replaceAll("-", "");
  // Without hyphens, because providers accept ids of at most 40 characters.
  const id = `call_${digits}`;
  return pattern.test(id) ? id : digits.slice(0, 9);
}
