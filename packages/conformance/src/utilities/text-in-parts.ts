import { TEXT_PARTS, type TextParts } from "@threadstore/core/documents";

/** A thread that provides its JSON in parts. `parts` shows them in messages. */
export interface TextInParts extends TextParts {
  readonly parts: readonly string[];
}

export function textInParts(...parts: readonly string[]): TextInParts {
  return { parts, [TEXT_PARTS]: () => parts };
}
