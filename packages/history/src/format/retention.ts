import type { Retention } from "../options.ts";
import type { Segment } from "./segment.ts";

/** The state of a log that decides which of its versions are kept. */
export interface VersionLog {
  readonly segments: readonly Segment[];
  /** When the current version was saved, in milliseconds since the epoch. */
  readonly updatedAt: number;
}

/**
 * Returns the index of the oldest version that is kept at the time `now`. Version 0 is the thread after the first segment,
 * and the last one is the current version, which is always kept.
 */
export function firstKept({ segments, updatedAt }: VersionLog, keep: Retention, now: number): number {
  const removed = removedLengths(segments);
  const current = segments.length - 1;
  let removedLength = 0;
  let first = current;
  while (first > 0 && current - first + 1 < keep.versions) {
    // The version before `first` ended when `first` was saved.
    const endedAt = segments[first + 1]?.replaced?.updatedAt ?? updatedAt;
    removedLength += removed[first] ?? 0;
    if (endedAt < now - keep.ageMs || removedLength > keep.characters) break;
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
