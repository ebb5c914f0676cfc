import type { ThreadStore } from "@threadstore/core";

/**
 * Throws if a hook of the application returned an invalid result. The response does not show the reason to the client.
 */
export function checkHook(isValid: boolean, message: string): asserts isValid {
  if (!isValid) throw new TypeError(message);
}

export function isObject(value: unknown): value is { readonly [member: string]: unknown } & object {
  return typeof value === "object" && value !== null;
}

export function isResponse(value: unknown): value is Response {
  return isObject(value) && "status" in value && "headers" in value;
}

export function isStore(value: unknown): value is ThreadStore {
  return isObject(value) && "update" in value && "listPage" in value;
}
