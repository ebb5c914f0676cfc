/**
 * More lists and quotes in one another than any text needs. The time to read them as Markdown grows with a power of their
 * number, so that one message could block the page for minutes.
 */
const DEEP = /^[ \t]*(?:(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))[ \t]*){16}/mu;

/** What a parser compares with one another: emphasis and brackets of a block, cells of a row, and lines of a list. */
const DELIMITERS = /[*_~[\]]/gu;
const MOST_DELIMITERS = 1000;
const MOST_CELLS = 300;
const MOST_LINES = 2000;

/** Whether a parser of Markdown would need so long for a text that it would block the page. */
export function isHardToRead(text: string): boolean {
  const lines = text.split("\n");
  if (DEEP.test(text) || lines.length > MOST_LINES) return true;
  const blocks = text.split(/\n[ \t]*\n/u);
  if (blocks.some((block) => countOf(DELIMITERS, block) > MOST_DELIMITERS)) return true;
  return lines.some((line) => countOf(/\|/gu, line) > MOST_CELLS);
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}
