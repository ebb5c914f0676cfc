/**
 * Control characters, with which a text could move the cursor or change the title of a terminal, and characters that
 * reverse the direction of text or are invisible.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- These are what must not reach a terminal.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

/** Returns text on one line, in which characters that a terminal would interpret are escaped, as in `\u001b`. */
export function visibleLine(text: string): string {
  return text.replaceAll(HIDDEN, escaped);
}

/** Returns the text with its line breaks and tabs, and all other hidden characters escaped. */
export function visibleText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(HIDDEN, (character) => (/[\n\t]/u.test(character) ? character : escaped(character)));
}

/**
 * Returns JSON text with the same value, in which hidden characters are escaped. Valid JSON contains control characters
 * below U+0020 only as white space between tokens.
 */
export function visibleJson(json: string): string {
  return json.replaceAll(HIDDEN, (character) =>
    /[\n\t\r]/u.test(character) ? character : escaped(character),
  );
}
