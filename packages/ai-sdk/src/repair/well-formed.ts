import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { Report } from "./finding.ts";

/** Replaces lone surrogates, which stores and providers reject, with U+FFFD. Returns an equal object without them. */
export function toWellFormedMembers(object: JsonObject, path: string, report: Report): JsonObject {
  const members = Object.entries(object).map(([name, value]): [string, JsonValue] => {
    if (!name.isWellFormed()) reportMalformed(path, report);
    return [name.toWellFormed(), toWellFormed(value, memberPath(path, name), report)];
  });
  return Object.fromEntries(members);
}

function toWellFormed(value: JsonValue, path: string, report: Report): JsonValue {
  if (Array.isArray(value)) {
    return value.map((item, index) => toWellFormed(item, memberPath(path, index), report));
  }
  if (isJsonObject(value)) return toWellFormedMembers(value, path, report);
  if (typeof value !== "string" || value.isWellFormed()) return value;
  reportMalformed(path, report);
  return value.toWellFormed();
}

function reportMalformed(path: string, report: Report): void {
  report("text-malformed", path, "The text contains half of a character.");
}
