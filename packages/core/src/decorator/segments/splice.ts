import { commonLength, equalLength } from "../../encoding/equal-length.ts";
import type { Splice } from "./segment-format.ts";

/** Returns the change that turns `before` into `after`. Both must be well-formed. */
export function spliceBetween(before: string, after: string): Splice {
  const shorter = Math.min(before.length, after.length);
  const keep = commonLength(before, after);
  const [beforeEnd, afterEnd] = [before.length, after.length];
  let tail = equalLength(
    shorter - keep,
    (from, to) =>
      before.slice(beforeEnd - to, beforeEnd - from) === after.slice(afterEnd - to, afterEnd - from),
  );
  if (tail > 0 && isLowSurrogate(after.charCodeAt(afterEnd - tail))) tail -= 1;
  return withWholeStrings(after, { keep, tail });
}

/** A change is not widened by more than this at each end. */
const WIDENED_MAX = 2048;
/** A change at least this long is widened: it is then at most twice as long. */
const LONG_CHANGE = 2 * WIDENED_MAX;

/**
 * Widens a long change to whole JSON strings, if it begins or ends in one. All files of a kind begin alike in base64, so
 * if one replaced another, the layers below would not recognize the rest of it as a file.
 */
function withWholeStrings(after: string, { keep, tail }: Omit<Splice, "text">): Splice {
  const end = after.length - tail;
  if (end - keep < LONG_CHANGE) return { keep, text: after.slice(keep, end), tail };
  const quoteBefore = after.slice(Math.max(0, keep - WIDENED_MAX), keep).lastIndexOf('"');
  const quoteAfter = after.slice(end, end + WIDENED_MAX).indexOf('"');
  const isWithin = (position: number): boolean =>
    /[\w+/=-]{2}/u.test(after.slice(position - 1, position + 1));
  const isStartWidened = quoteBefore >= 0 && isWithin(keep);
  const isEndWidened = quoteAfter >= 0 && isWithin(end);
  const from = isStartWidened ? Math.max(0, keep - WIDENED_MAX) + quoteBefore : keep;
  const to = isEndWidened ? end + quoteAfter + 1 : end;
  return { keep: from, text: after.slice(from, to), tail: after.length - to };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc_00 && unit <= 0xdf_ff;
}

/** More pieces than this are joined when they are moved, because they may be moved again. */
const MOVED_PIECES = 256;

/**
 * Returns the text after all changes, beginning with the empty text; `undefined` if one keeps more than there is. Keeps
 * the text in pieces, so that the time depends on the number of changes and not on the text that each of them keeps.
 */
export function applySplices(splices: readonly Splice[]): string | undefined {
  // The text before and after the latest change: the next one is often at the same position.
  const before: Pieces = { strings: [], length: 0 };
  const after: Pieces = { strings: [], length: 0 };
  for (const { keep, text, tail } of splices) {
    const length = before.length + after.length;
    if (!isLength(keep) || !isLength(tail) || keep + tail > length) return undefined;
    if (before.length > keep) pushAll(after, popEnd(before, before.length - keep));
    else pushAll(before, popStart(after, keep - before.length));
    popStart(after, after.length - tail);
    pushAll(before, [text]);
  }
  return before.strings.join("") + after.strings.toReversed().join("");
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** A text in pieces; if it follows the latest change, from the last to the first. */
interface Pieces {
  readonly strings: string[];
  length: number;
}

function pushAll(pieces: Pieces, strings: readonly string[]): void {
  for (const text of strings) {
    if (text === "") continue;
    pieces.strings.push(text);
    pieces.length += text.length;
  }
}

/** Removes the last `count` code units, and returns them in pieces, from the last to the first. */
function popEnd(pieces: Pieces, count: number): readonly string[] {
  const removed = pop(pieces, count, (piece, rest) => [piece.slice(0, -rest), piece.slice(-rest)]);
  return removed.length > MOVED_PIECES ? [removed.toReversed().join("")] : removed;
}

/** Removes the first `count` code units of a text after the change, and returns them in pieces. */
function popStart(pieces: Pieces, count: number): readonly string[] {
  const removed = pop(pieces, count, (piece, rest) => [piece.slice(rest), piece.slice(0, rest)]);
  return removed.length > MOVED_PIECES ? [removed.join("")] : removed;
}

function pop(
  pieces: Pieces,
  count: number,
  split: (piece: string, rest: number) => [kept: string, removed: string],
): string[] {
  const removed: string[] = [];
  for (let rest = count; rest > 0;) {
    const piece = pieces.strings.pop() ?? "";
    pieces.length -= piece.length;
    if (piece.length <= rest) removed.push(piece);
    else {
      const [keptPart, removedPart] = split(piece, rest);
      pushAll(pieces, [keptPart]);
      removed.push(removedPart);
    }
    rest -= piece.length;
  }
  return removed;
}
