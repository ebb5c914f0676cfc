/**
 * A place in JSON text, right behind a comma, at which checking can begin when everything before is known: what is
 * open there is all that matters of it.
 */
interface Mark {
  /** In bytes. */
  readonly at: number;
  readonly open: Open;
}

/** An object is open, or an object and an array or object in it. */
type Open = "{" | "{[" | "{{";

/** What ends at a mark in the shortest text that is open in the same way. */
const BEGINNINGS: { readonly [open in Open]: string } = {
  "{": '{"":0,',
  "{[": '{"":[0,',
  "{{": '{"":{"":0,',
};

/** Marks are at least so far apart: few enough to keep, near enough to the end of a text to save its parse. */
const SPACING = 2048;

/** What is known of text that was found to be a JSON object, and spares its beginning another look. */
export interface CheckedText {
  readonly marks: readonly Mark[];
  readonly parts: TextParts;
}

/** The parts that a text was given in: of the same strings in the same places nothing needs to be read again. */
export interface TextParts {
  readonly strings: readonly string[];
  /** Where each ends in the text, in bytes. */
  readonly ends: readonly number[];
}

/** Text that was not given in parts, or in such as are no text by themselves. */
export const noParts: TextParts = { strings: [], ends: [] };

/** Those of `marks` that still hold in text that begins with the same `kept` bytes. */
export function marksWithin(marks: readonly Mark[], kept: number): readonly Mark[] {
  const count = marks.findLastIndex(({ at }) => at <= kept) + 1;
  return count === marks.length ? marks : marks.slice(0, count);
}

/** A text that is JSON exactly when one with `mark` is that has `bytes` behind it. */
export function textFrom({ open }: Mark, bytes: Buffer): string {
  return BEGINNINGS[open] + bytes.toString("utf8");
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The marks of a JSON object that has `known` ones and, behind the last of them, `bytes`. */
export function marksOf(bytes: Buffer, known: readonly Mark[] = []): readonly Mark[] {
  const marks: Mark[] = [];
  const last = known.at(-1);
  const start = last?.at ?? 0;
  let depth = last?.open.length ?? 0;
  let inner: Open = last === undefined || last.open === "{" ? "{{" : last.open;
  let next = SPACING;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth === 2) inner = byte === OPEN_ARRAY ? "{[" : "{{";
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    else if (byte === COMMA && depth <= 2 && at >= next) {
      marks.push({ at: start + at + 1, open: depth === 1 ? "{" : inner });
      next = at + SPACING;
    }
  }
  return marks.length === 0 ? known : known.concat(marks);
}

/** Where the string ends that begins at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end < 0 ? bytes.length : end;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let first = at;
  while (bytes[first - 1] === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
