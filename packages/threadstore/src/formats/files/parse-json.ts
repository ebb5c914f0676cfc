import { copyJson, MAX_JSON_DEPTH } from "@threadstore/core/documents";
import { RecordError } from "../record-error.ts";

/** Parses untrusted JSON. Returns the reason if it cannot be used. */
export function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "It is not JSON." };
  }
  if (!mayBeDeep(text)) return { value };
  try {
    copyJson(value, { path: "$", loneSurrogates: "keep", error: (message) => new RecordError(message) });
    return { value };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return { problem: error.message };
  }
}

/** Returns whether there are enough brackets for a value that is nested too deeply. */
function mayBeDeep(text: string): boolean {
  let brackets = 0;
  for (const _ of text.matchAll(/[[{]/gu)) if ((brackets += 1) >= MAX_JSON_DEPTH) return true;
  return false;
}
