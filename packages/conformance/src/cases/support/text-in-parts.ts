import { TEXT_PARTS, type TextParts } from "@threadstore/core/documents";

export const JOINED_PARTS = "a thread given in parts is their text, joined";

/** A text in two or three parts, cut at some places; one of which is between the halves of a character, if it can be. */
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

/** A conversation in a part a message, with what is before and behind it. */
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

/** Longer than what a store may look at again. */
export const LONG_TEXT: string = "\u00e9".repeat(3_000);
