import { TEXT_PARTS, type TextParts } from "@threadstore/core/documents";

export const JOINED_PARTS = "a thread passed in parts is their joined text";

/**
 * Returns the text split into parts at various positions, including the middle of a surrogate pair if there is one.
 */
export function cuts(text: string): string[][] {
  const middle = Math.floor(text.length / 2);
  const half = text.split("").findIndex((unit) => !unit.isWellFormed()) + 1;
  return [
    [text],
    ["", text, ""],
    [text.slice(0, 1), text.slice(1, -1), text.slice(-1)],
    [text.slice(0, middle), text.slice(middle)],
    [text.slice(0, half), text.slice(half)],
  ];
}

/** A thread that provides its JSON in these parts, valid or not. */
export function inParts(parts: readonly unknown[]): TextParts {
  return { [TEXT_PARTS]: () => parts as readonly string[] };
}

/** A conversation with one part for each message, and the parts before and after them. */
export class Conversation {
  readonly messages: string[] = [];

  get parts(): string[] {
    return ['{"messages":[', ...this.messages.map((text, index) => (index === 0 ? text : `,${text}`)), "]}"];
  }

  get text(): string {
    return `{"messages":[${this.messages.join(",")}]}`;
  }

  say(text: string): void {
    this.messages.push(JSON.stringify(text));
  }
}

/** Longer than the part of a record that a store may read again. */
export const LONG_TEXT: string = "\u00e9".repeat(3_000);
