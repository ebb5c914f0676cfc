const BLOCK = 65_536;
/** So many bytes are compared here in the time that a native call takes. */
const FEW = 64;

/**
 * How many leading bytes of the two are equal. Compares blocks natively and walks bytes only within the one that
 * differs, by halves.
 */
export function commonPrefixLength(left: Buffer, right: Buffer): number {
  const end = Math.min(left.length, right.length);
  let from = 0;
  let step = BLOCK;
  while (from < end) {
    const to = Math.min(from + step, end);
    if (right.compare(left, from, to, from, to) === 0) from = to;
    else if (to - from <= FEW) return firstDifference(left, right, from);
    else step = Math.ceil((to - from) / 2);
  }
  return end;
}

function firstDifference(left: Buffer, right: Buffer, from: number): number {
  let at = from;
  while (left[at] === right[at]) at += 1;
  return at;
}
