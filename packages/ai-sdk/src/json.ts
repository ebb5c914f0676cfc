import type { JsonValue } from "@threadstore/core";

/** A JSON object. */
export type JsonObject = { [member: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A path's end for a member: `.a`, `["a b"]`. */
export function memberPath(name: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name.toWellFormed())}]`;
}

/** The value as text that is the same for equal values, however their members are ordered. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_name, member: JsonValue) => {
    if (!isJsonObject(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
