import type { ThreadStoreError } from "../errors.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { strictJsonText } from "./strict-json-text.ts";

/**
 * Returns the JSON of the elements of an append, separated by commas. Throws `INVALID_ARGUMENT` unless `elements` is an
 * array of at least one value of strict JSON.
 */
export function elementsText(elements: unknown): string {
  const array = readArgument("`elements`", () => {
    return Array.isArray(elements) ? { elements: elements as unknown[] } : emptyOrNoArray();
  });
  const text = strictJsonText(array.elements, "`elements`", "Flatten its elements.").slice(1, -1);
  if (text === "") throw emptyOrNoArray();
  return text;
}

function emptyOrNoArray(): ThreadStoreError {
  return invalidArgument("`elements` must be a non-empty array. Pass the elements to append.");
}
