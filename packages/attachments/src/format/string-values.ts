/** The range of a string's characters in JSON text, without its quotes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Yields the strings in well-formed JSON text that are values, in order. Member names are skipped. */
export function* stringValues(json: string): Generator<Span, void, undefined> {
  let end = -1;
  for (;;) {
    const start = json.indexOf('"', end + 1) + 1;
    if (start === 0) return;
    end = closingQuote(json, start);
    if (end < 0) return;
    if (!isMemberName(json, end)) yield { start, end };
  }
}

function closingQuote(json: string, start: number): number {
  let end = json.indexOf('"', start);
  while (end >= 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

function isEscaped(json: string, quote: number): boolean {
  let first = quote;
  while (json[first - 1] === "\\") first -= 1;
  return (quote - first) % 2 === 1;
}

function isMemberName(json: string, quote: number): boolean {
  let next = quote + 1;
  while (" \t\r\n".includes(json[next] ?? "-")) next += 1;
  return json[next] === ":";
}
