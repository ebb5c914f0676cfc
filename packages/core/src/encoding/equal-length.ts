/** Comparing this many code units one by one takes about as long as creating two substrings to compare. */
const SMALL_BLOCK = 64;
const BLOCK = 65_536;

/**
 * Returns up to which position all is equal, at most `end`. Compares blocks, and halves the block that differs. Engines
 * compare substrings as fast as memory.
 */
export function equalLength(end: number, isEqual: (from: number, to: number) => boolean): number {
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

/** Returns the length of the common beginning of two texts. It never ends within a surrogate pair. */
export function commonLength(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  const length = equalLength(shorter, (from, to) => left.slice(from, to) === right.slice(from, to));
  return length > 0 && isHighSurrogate(left.charCodeAt(length - 1)) ? length - 1 : length;
}

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
