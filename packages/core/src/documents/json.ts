import type { JsonValue } from "../thread-store.ts";

/** A JSON object. */
export type JsonObject = { [member: string]: JsonValue };

/** Returns whether a JSON value is an object. Arrays are not. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns JSON text that is the same for equal values, whatever the order of their members. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_name, member: JsonValue) => {
    if (!isJsonObject(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
