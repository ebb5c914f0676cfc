import { pathIn, segmentFileName } from "../layout.ts";
import { readFile } from "../system/read-file.ts";
import type { Location } from "../version.ts";
import { parseFrame, SEGMENTS_MAX } from "./frame.ts";
import { isBefore, readBytes, readFrame, reaches } from "./segment-reader.ts";

/** The end of a record, in its newest segments, which a new segment can replace. */
export interface MergeableEnd {
  /** Where the record without these bytes ends. */
  readonly previous: Location;
  /** The offset of the bytes in the record. */
  readonly start: number;
  /** The bytes, from the last to the first. */
  readonly parts: readonly Uint8Array[];
  /** The segments that the record without these bytes needs. */
  readonly neededSegments: readonly string[];
  /** The bytes of all frames that the record without these bytes needs. */
  readonly storedBytes: number;
}

/**
 * Finds the end of the record at `location` that costs the fewest copied bytes for each segment that is no longer
 * needed. Small segments are thus merged often, and large ones seldom, so that appends from ever new processes do not
 * copy a long record again and again. Resolves to `undefined` if no end can be merged, or if a segment is corrupt.
 */
export async function readMergeableEnd(
  folder: string,
  location: Location,
): Promise<MergeableEnd | undefined> {
  let best: MergeableEnd | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for await (const end of mergeableEnds(folder, location)) {
    const copied = end.parts.reduce((sum, { length }) => sum + length, 0);
    // The merged segment needs one of them.
    const saved = SEGMENTS_MAX - end.neededSegments.length;
    if (saved > 0 && copied / saved < bestCost) [best, bestCost] = [end, copied / saved];
    // The next segment has up to this many bytes. The oldest one is usually by far the longest, and is then not read.
    if ((copied + end.previous.end) / SEGMENTS_MAX >= bestCost) break;
  }
  return best;
}

/** Yields the end of the record in the newest segment, in the two newest and so on, but never the whole record. */
async function* mergeableEnds(folder: string, location: Location): AsyncGenerator<MergeableEnd> {
  const parts: Uint8Array[] = [];
  const visitedEnds = new Map<string, number>();
  let start = Number.POSITIVE_INFINITY;
  for (let position = location; ;) {
    const { segment, end } = position;
    const bytes = await readFile(pathIn(folder, segmentFileName(segment)), (file) => readBytes(file, 0, end));
    if (bytes === undefined) return;
    while (position.segment === segment) {
      const frame = parseFrame(bytes, position.end);
      const isIntact = frame !== undefined && frame.start >= 0 && reaches(frame, start);
      if (!isIntact || !isBefore(position, visitedEnds)) return;
      visitedEnds.set(segment, position.end);
      const usedLength = Math.min(frame.length, start - frame.prefixLength);
      if (usedLength > 0) parts.push(bytes.subarray(frame.start, frame.start + usedLength));
      start = Math.min(start, frame.prefixLength);
      if (start === 0 || frame.previous === undefined) return;
      position = frame.previous;
    }
    const next = await readFrame(folder, position);
    if (next === undefined || !reaches(next, start)) return;
    const neededSegments = [position.segment, ...next.otherSegments];
    yield { previous: position, start, parts: [...parts], neededSegments, storedBytes: next.storedBytes };
  }
}
