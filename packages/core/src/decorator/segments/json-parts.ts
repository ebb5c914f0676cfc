import { isHighSurrogate } from "../../encoding/equal-length.ts";
import type { Splice } from "./segment-format.ts";
import { spliceBetween } from "./splice.ts";

/**
 * The JSON of a thread in parts, which are joined when the text is first needed: a conversation is saved after each
 * turn, and callers seldom read the text of the thread that a save returns.
 */
export interface JsonParts {
  readonly parts: readonly string[];
  /** In UTF-16 code units. */
  readonly length: number;
  text(): string;
}

export function jsonParts(parts: readonly string[]): JsonParts {
  let joined: string | undefined;
  return {
    parts,
    length: parts.reduce((sum, { length }) => sum + length, 0),
    text: () => (joined ??= parts.join("")),
  };
}

/** Returns the change between two texts. Leading parts that are the same strings are not read. */
export function spliceBetweenParts(before: JsonParts, after: JsonParts): Splice {
  let count = 0;
  let common = 0;
  while (count < before.parts.length && before.parts[count] === after.parts[count]) {
    common += before.parts[count]?.length ?? 0;
    count += 1;
  }
  const last = before.parts[count - 1] ?? "";
  // A surrogate pair may be split between two parts, but not by a change.
  if (count === 0 || isHighSurrogate(last.charCodeAt(last.length - 1))) {
    return spliceBetween(before.text(), after.text());
  }
  const rest = spliceBetween(textFrom(before, count), textFrom(after, count));
  return { ...rest, keep: common + rest.keep };
}

function textFrom({ parts }: JsonParts, count: number): string {
  return parts.slice(count).join("");
}
