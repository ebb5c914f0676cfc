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

/** Returns a new id of a call. */
export function newCallId(pattern: RegExp): string {
  const digits = createId().replaceAll("-", "");
  // Without hyphens, because providers accept ids of at most 40 characters.
  const id = `call_${digits}`;
  return pattern.test(id) ? id : digits.slice(0, 9);
}
