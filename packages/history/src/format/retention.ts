import type { Retention } from "../options.ts";
import type { Segment } from "./segment.ts";

/**
 * Returns the index of the oldest version that is kept at the time `now`. Version 0 is the thread after the first segment,
 * and the last one is the current version, which is always kept.
 */
export function firstKept(segments: readonly Segment[], keep: Retention, now: number): number {
  const removed = removedLengths(segments);
  const current = segments.length - 1;
  let removedLength = 0;
  let first = current;
  while (first > 0 && current - first + 1 < keep.versions) {
    // The segment that leads to `first` replaced the version before it.
    const replacedAt = segments[first]?.replaced?.replacedAt ?? now;
    removedLength += removed[first] ?? 0;
    if (replacedAt < now - keep.ageMs || removedLength > keep.characters) break;
    first -= 1;
  }
  return first;
}

/** Returns how much text each segment removed or replaced. */
function removedLengths(segments: readonly Segment[]): number[] {
  let length = 0;
  return segments.map(({ splice: { keep, text, tail } }) => {
    const removed = length - keep - tail;
    length = keep + text.length + tail;
    return removed;
  });
}
