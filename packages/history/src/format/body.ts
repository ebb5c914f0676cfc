import type { JsonValue } from "@threadstore/core";
import { endOfValues } from "./end-of-values.ts";

/** Deeper than messages are, and far less deep than the call stack. */
const MAX_DEPTH = 100;

/**
 * Returns the added text of a segment as JSON: a string, or, if it begins with values that `JSON.stringify` writes exactly
 * as they are, an array of what precedes them (nothing or a comma), the values, and the text that follows, if any. Values
 * are shorter than a string that contains them, in which each quote is escaped.
 */
export function encodeBody(text: string): JsonValue {
  const start = text.startsWith(",") ? 1 : 0;
  const end = endOfValues(text, start);
  if (end === start) return text;
  const source = `[${text.slice(start, end)}]`;
  const values = parsedArray(source);
  if (values === undefined || !isShallow(values, 0) || JSON.stringify(values) !== source) return text;
  const lead = text.slice(0, start);
  return end === text.length ? [lead, values] : [lead, values, text.slice(end)];
}

/** Returns the text; `undefined` if `body` is not the body of a segment. */
export function decodeBody(body: JsonValue | undefined): string | undefined {
  if (typeof body === "string") return body;
  if (!Array.isArray(body)) return undefined;
  const [lead, values, rest = ""] = body;
  if ((lead !== "" && lead !== ",") || !Array.isArray(values) || typeof rest !== "string") return undefined;
  return lead + JSON.stringify(values).slice(1, -1) + rest;
}

function parsedArray(source: string): JsonValue[] | undefined {
  try {
    return JSON.parse(source) as JsonValue[];
  } catch {
    // White space, or brackets that do not match because the text begins within a value.
    return undefined;
  }
}

function isShallow(value: JsonValue, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth < MAX_DEPTH && Object.values(value).every((member) => isShallow(member, depth + 1));
}
