/** A row of a wrapped text: a part of a line. */
export interface TextRow {
  readonly start: number;
  readonly end: number;
  /** The number of the line, for its first row. */
  readonly line: number | undefined;
}

/**
 * Wraps a text of any size into rows of at most `columns` characters. All rows have the same height, so that a long
 * string needs no measurements.
 */
export function wrapText(text: string, columns: number): readonly TextRow[] {
  const rows: TextRow[] = [];
  let line = 1;
  let start = 0;
  while (start <= text.length) {
    const newLine = text.indexOf("\n", start);
    const end = newLine === -1 ? text.length : newLine;
    wrapLine(text, { start, end, line }, columns, rows);
    line += 1;
    start = end + 1;
  }
  return rows;
}

function wrapLine(
  text: string,
  { start, end, line }: { readonly start: number; readonly end: number; readonly line: number },
  columns: number,
  rows: TextRow[],
): void {
  let from = start;
  do {
    const to = wholeCharacter(text, Math.min(end, from + columns));
    rows.push({ start: from, end: to, line: from === start ? line : undefined });
    from = to;
  } while (from < end);
}

const FIRST_LOW_SURROGATE = 0xdc00;
const LAST_LOW_SURROGATE = 0xdfff;

/** Moves a position between the two halves of a character to the end of the character. */
function wholeCharacter(text: string, position: number): number {
  const code = text.charCodeAt(position);
  return code >= FIRST_LOW_SURROGATE && code <= LAST_LOW_SURROGATE ? position + 1 : position;
}

const MOST_MATCHES = 10_000;

/** The positions at which a text contains another one, without regard to case. At most 10 000. */
export function findAll(text: string, search: string): readonly number[] {
  if (search === "") return [];
  const pattern = new RegExp(search.replace(/[$()*+.?[\\\]^{|}/-]/gu, String.raw`\$&`), "giu");
  const matches: number[] = [];
  for (const { index } of text.matchAll(pattern)) {
    matches.push(index);
    if (matches.length === MOST_MATCHES) break;
  }
  return matches;
}

/** The index of the row that contains a position. */
export function rowAt(rows: readonly TextRow[], position: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((rows[middle]?.start ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
