import type { Splice } from "./segment-format.ts";

/** Comparing this many code units in JavaScript takes about as long as creating two substrings to compare. */
const SMALL_BLOCK = 64;
const BLOCK = 65_536;

/** Returns the change that turns `before` into `after`. Both must be well-formed. */
export function spliceBetween(before: string, after: string): Splice {
  const shorter = Math.min(before.length, after.length);
  let keep = equalLength(shorter, (from, to) => before.slice(from, to) === after.slice(from, to));
  if (keep > 0 && isHighSurrogate(after.charCodeAt(keep - 1))) keep -= 1;
  const [beforeEnd, afterEnd] = [before.length, after.length];
  let tail = equalLength(
    shorter - keep,
    (from, to) =>
      before.slice(beforeEnd - to, beforeEnd - from) === after.slice(afterEnd - to, afterEnd - from),
  );
  if (tail > 0 && isLowSurrogate(after.charCodeAt(afterEnd - tail))) tail -= 1;
  return { keep, text: after.slice(keep, afterEnd - tail), tail };
}

/** Returns up to which position all is equal. Compares blocks, and halves the block that differs. */
function equalLength(end: number, isEqual: (from: number, to: number) => boolean): number {
  let from = 0;
  let step = BLOCK;
  while (from < end) {
    const to = Math.min(from + step, end);
    if (isEqual(from, to)) from = to;
    else if (to - from === 1) return from;
    else step = to - from <= SMALL_BLOCK ? 1 : Math.ceil((to - from) / 2);
  }
  return end;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc_00 && unit <= 0xdf_ff;
}

/**
 * Returns the text after all changes, beginning with the empty text; `undefined` if one keeps more than there is. Keeps
 * the text in pieces, so that the time depends on the number of changes and not on the text that each of them keeps.
 */
export function applySplices(splices: readonly Splice[]): string | undefined {
  const pieces: string[] = [];
  let length = 0;
  for (const { keep, text, tail } of splices) {
    if (!isLength(keep) || !isLength(tail) || keep + tail > length) return undefined;
    const end = cut(pieces, length - tail, length);
    cut(pieces, keep, length - tail);
    pieces.push(text, ...end.filter((piece) => piece !== ""));
    length = keep + text.length + tail;
  }
  return pieces.join("");
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Removes the end of pieces that are `length` long, from `position` on, and returns it. */
function cut(pieces: string[], position: number, length: number): string[] {
  const end: string[] = [];
  for (let rest = length - position; rest > 0;) {
    const piece = pieces.pop() ?? "";
    if (piece.length <= rest) end.push(piece);
    else {
      pieces.push(piece.slice(0, -rest));
      end.push(piece.slice(-rest));
    }
    rest -= piece.length;
  }
  return end.toReversed();
}
