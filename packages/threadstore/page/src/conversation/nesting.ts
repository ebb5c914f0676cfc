/**
 * More lists and quotes in one another than any text needs. The time to read them as Markdown grows with a power of their
 * number, so that one message could block the page for minutes.
 */
const DEEP = /^[ \t]*(?:(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))[ \t]*){16}/mu;

/** Whether a line of a text opens so many lists and quotes that it must not be read as Markdown. */
export function isNestedDeeply(text: string): boolean {
  return DEEP.test(text);
}
