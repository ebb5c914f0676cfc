import { constants } from "node:fs";
import { join } from "node:path";
import { FOOTER_MAX_BYTES, type FoundFrame, frameBefore } from "./frame.ts";
import { segmentName } from "./layout.ts";
import { open, type OpenFile } from "./system-calls.ts";
import type { Location } from "./version.ts";

// A link in the place of a segment leads to something that the store did not write.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW;

/**
 * The record that ends at `last`, from the segments in `folder`. What does not fit together is given as it
 * lies in the last segment, and core will say that it is damaged.
 */
export async function readRecord(folder: string, last: Location): Promise<Uint8Array> {
  const segments = new Map<string, Buffer>();
  const parts: Buffer[] = [];
  let wanted = Number.POSITIVE_INFINITY;
  for (let at = last; ;) {
    // The way leads back in time, so the first end that is asked for of a segment is the farthest.
    const segment = segments.get(at.segment) ?? (await readSegment(folder, at));
    segments.set(at.segment, segment);
    const frame = frameBefore(segment, at.end);
    const isWhole = frame !== undefined && frame.start >= 0 && reaches(frame, wanted);
    const { previous } = frame ?? {};
    if (!isWhole || (previous && !isBefore(previous, at, segments)))
      return segments.get(last.segment) ?? segment;
    const taken = Math.min(frame.length, wanted - frame.keep);
    if (taken > 0) parts.push(segment.subarray(frame.start, frame.start + taken));
    wanted = Math.min(wanted, frame.keep);
    if (wanted === 0 || previous === undefined) break;
    at = previous;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts.toReversed());
}

/** Whether the record has the bytes that the one behind it kept of it. */
function reaches({ keep, length }: FoundFrame, wanted: number): boolean {
  return wanted === Number.POSITIVE_INFINITY || keep + length >= wanted;
}

/** Ends only go back within a segment: a damaged one must not lead around in circles. */
function isBefore(previous: Location, at: Location, segments: ReadonlyMap<string, Buffer>): boolean {
  if (previous.segment === at.segment) return previous.end < at.end;
  const known = segments.get(previous.segment);
  return known === undefined || previous.end <= known.length;
}

async function readSegment(folder: string, { segment, end }: Location): Promise<Buffer> {
  await using file = await open(join(folder, segmentName(segment)), flags);
  const size = await file.size();
  return readAt(file, 0, Math.min(size, end));
}

/** The last bytes of the record that ends there: at most `length`, and at least its trailer. */
export async function readTail(
  folder: string,
  { segment, end }: Location,
  length: number,
): Promise<Uint8Array> {
  await using file = await open(join(folder, segmentName(segment)), flags);
  const size = await file.size();
  const to = Math.min(size, end);
  const from = Math.max(0, to - length - FOOTER_MAX_BYTES);
  const bytes = await readAt(file, from, to - from);
  const frame = to === end ? frameBefore(bytes, bytes.length) : undefined;
  if (frame === undefined) return bytes.subarray(-length);
  const behind = frame.start + frame.length;
  return bytes.subarray(Math.max(0, frame.start, behind - length), behind);
}

/** The frame that ends there, without its bytes; `undefined` when it is damaged. */
export async function readFrame(folder: string, { segment, end }: Location): Promise<FoundFrame | undefined> {
  await using file = await open(join(folder, segmentName(segment)), flags);
  const from = Math.max(0, end - FOOTER_MAX_BYTES);
  const bytes = await readAt(file, from, end - from);
  return frameBefore(bytes, end - from);
}

async function readAt(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, await file.read(bytes, position));
}
