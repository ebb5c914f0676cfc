import { invalidArgument } from "./invalid-argument.ts";
import { notStrictJson } from "./not-strict-json.ts";
import { findJsonIssue } from "./strict-json.ts";

/**
 * Returns the JSON of the elements of an append, separated by commas. Throws `INVALID_ARGUMENT` unless `elements` is an
 * array of at least one value of strict JSON.
 */
export function elementsText(elements: unknown): string {
  if (!Array.isArray(elements) || elements.length === 0) {
    throw invalidArgument("`elements` must be a non-empty array. Pass the elements to append.");
  }
  const issue = findJsonIssue(elements);
  if (issue !== undefined) throw notStrictJson("`elements`", issue);
  try {
    return JSON.stringify(elements).slice(1, -1);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw invalidArgument("The elements are nested too deeply for `JSON.stringify`. Flatten them.", cause);
  }
}
