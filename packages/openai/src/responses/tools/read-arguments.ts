import type { ReadArguments } from "@threadstore/agent/provider";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** Reads arguments that this package wrote from members of a call. `isValid` checks what tools rely on. */
export function readArguments<Arguments>(
  text: string,
  isValid: (value: JsonObject) => boolean,
  requirement: string,
): ReadArguments<Arguments> {
  const value: unknown = JSON.parse(text);
  if (isJsonObject(value) && isValid(value)) return { valid: true, value: value as unknown as Arguments };
  return { valid: false, problems: `must be ${requirement}.` };
}

export function isStringArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}
