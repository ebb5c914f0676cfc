import { isJson } from "../validation/thread.ts";

/**
 * Stands for the parts up to an element of an array of the thread's object. The element has brackets, because a number would
 * become another one with digits after it.
 */
const BEFORE_REST = '{"":[[]';

/**
 * Returns how many leading parts are the beginning of the thread's object up to the bracket of an array, and then one
 * element of it each, with the comma before it; 0 if the first two are not. Of these, `known` need not be parsed again.
 * Each part is parsed alone, so a save that adds elements parses only those. Stops at the part with the index `end`.
 */
export function countElementParts(
  parts: readonly string[],
  known: number,
  end: number = parts.length,
): number {
  let count = known;
  // Of one part only, the array is still empty.
  if (count < 2) {
    const [beginning, first] = parts;
    if (beginning === undefined || first === undefined || !opensArray(beginning) || !isJson(first)) return 0;
    count = 2;
  }
  while (count < end && isFurtherElement(parts[count] ?? "")) count += 1;
  return count;
}

/** If it is JSON with these brackets, the bracket at the end is not part of a string. */
function opensArray(beginning: string): boolean {
  return beginning.startsWith("{") && beginning.endsWith("[") && isJson(`${beginning}]}`);
}

function isFurtherElement(part: string): boolean {
  return part.startsWith(",") && isJson(part.slice(1));
}

/** Returns whether the parts are a JSON object, of which the first `count` are known to be elements. */
export function endsObject(parts: readonly string[], count: number): boolean {
  return isJson(BEFORE_REST + parts.slice(count).join(""));
}
