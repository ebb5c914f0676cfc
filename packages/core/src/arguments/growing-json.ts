import { commonPrefixLength } from "../record/common-prefix.ts";

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
const SPACING = 4096;

/** Text that was found to be a JSON object, with what spares its beginning another look. */
export interface CheckedJson {
  /** In UTF-8. Never changed. */
  readonly bytes: Buffer;
  readonly marks: readonly Mark[];
}

/**
 * The last part of a text with an object around it that is JSON exactly when the whole text is: the part behind the
 * last mark of `known` that the two have in common. `undefined` when they differ before the first.
 */
export function lastPart(
  bytes: Buffer,
  known: CheckedJson,
): { text: string; marks: readonly Mark[] } | undefined {
  const common = commonPrefixLength(bytes, known.bytes, known.bytes.length);
  const count = known.marks.findLastIndex(({ at }) => at <= common) + 1;
  const mark = known.marks[count - 1];
  if (mark === undefined) return undefined;
  return {
    text: BEGINNINGS[mark.open] + bytes.toString("utf8", mark.at),
    marks: known.marks.slice(0, count),
  };
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Adds the marks of `bytes`, which are a JSON object, behind those that it is known to have. */
export function marked(bytes: Buffer, known: readonly Mark[] = []): CheckedJson {
  const marks = [...known];
  const last = known.at(-1);
  let depth = last?.open.length ?? 0;
  let inner: Open = last === undefined || last.open === "{" ? "{{" : last.open;
  let next = (last?.at ?? 0) + SPACING;
  for (let at = last?.at ?? 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth === 2) inner = byte === OPEN_ARRAY ? "{[" : "{{";
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    else if (byte === COMMA && depth <= 2 && at >= next) {
      marks.push({ at: at + 1, open: depth === 1 ? "{" : inner });
      next = at + SPACING;
    }
  }
  return { bytes, marks };
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
