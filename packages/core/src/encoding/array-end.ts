import type { ThreadStoreError } from "../errors.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";

/** Where elements can be added to the array that is the last member of a JSON object. */
export interface ArrayEnd {
  /** The number of bytes, and of characters, from the bracket that closes the array to the end of the text. */
  readonly closingLength: number;
  readonly isEmpty: boolean;
}

const WHITE_SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const [CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7d, 0x5b, 0x5d];

/**
 * Finds the end of the array that is the last member of an object, given the last bytes of the object's JSON. Returns
 * `undefined` if the last member is not an array, or if the bytes do not reach back to the array's last element.
 */
export function findArrayEnd(text: Uint8Array): ArrayEnd | undefined {
  return arrayEndIn(text.length, (index) => text[index]);
}

/** Finds the end of the array that is the last member of an object, given the object's JSON. */
export function findArrayEndInText(json: string): ArrayEnd | undefined {
  return arrayEndIn(json.length, (index) => json.charCodeAt(index));
}

function arrayEndIn(length: number, codeAt: (index: number) => number | undefined): ArrayEnd | undefined {
  /** Returns the index of the last character before `end` that is not white space; -1 if there is none. */
  const lastVisible = (end: number): number => {
    let index = end - 1;
    while (index >= 0 && WHITE_SPACE.has(codeAt(index))) index -= 1;
    return index;
  };
  const brace = lastVisible(length);
  if (codeAt(brace) !== CLOSE_OBJECT) return undefined;
  // A string ends with a quote, so a bracket at this position closes an array.
  const bracket = lastVisible(brace);
  if (codeAt(bracket) !== CLOSE_ARRAY) return undefined;
  const last = lastVisible(bracket);
  // Brackets and white space are ASCII, so they have as many characters as bytes.
  return last < 0 ? undefined : { closingLength: length - bracket, isEmpty: codeAt(last) === OPEN_ARRAY };
}

/** Returns the text to insert before the bracket that closes the array. */
export function insertion({ isEmpty }: ArrayEnd, elements: string): string {
  return isEmpty ? elements : `,${elements}`;
}

/** Returns the JSON of a thread after an append. Throws `INVALID_ARGUMENT` if its last member is not an array. */
export function appendToText(json: string, elements: string): string {
  const arrayEnd = findArrayEndInText(json);
  if (arrayEnd === undefined) throw noArrayEnd();
  const position = json.length - arrayEnd.closingLength;
  return json.slice(0, position) + insertion(arrayEnd, elements) + json.slice(position);
}

/** Creates the error for an append to a thread that has nothing to append to. */
export function noArrayEnd(): ThreadStoreError {
  return invalidArgument(
    "The last member of the thread must be an array, to which the elements are appended. Save the thread in that form first.",
  );
}
