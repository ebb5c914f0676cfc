import { isPlainObject } from "@threadstore/core/documents";

/** Returns whether the arguments of a call have arrived completely: whether they are a JSON object. */
export function areComplete(text: unknown): boolean {
  // Most pieces of a stream end elsewhere, and need not be parsed.
  if (typeof text !== "string" || !text.trimEnd().endsWith("}")) return false;
  try {
    return isPlainObject(JSON.parse(text));
  } catch {
    return false;
  }
}
