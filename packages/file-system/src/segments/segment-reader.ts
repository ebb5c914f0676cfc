import { andThen, type MaybePromise } from "@threadstore/core/driver";
import { pathIn, segmentFileName } from "../layout.ts";
import { readFile } from "../system/read-file.ts";
import { steps, wait } from "../system/steps.ts";
import type { OpenFile } from "../system/synchronous-io.ts";
import type { Location } from "../version.ts";
import { FOOTER_MAX_BYTES, type Frame, type LocatedFrame, parseFrame } from "./frame.ts";

/** The content of a segment that is not a file, which core reports as corrupt. */
const NOT_A_FILE = Buffer.alloc(0);

/**
 * Reads the record that ends at `location` from the segments in `folder`. If the frames are inconsistent, returns the
 * raw bytes of the last segment, which core reports as corrupt.
 */
export function readContent(folder: string, location: Location): MaybePromise<Uint8Array> {
  const segments = new Map<string, Buffer>();
  return andThen(
    readFrames(folder, location, segments),
    (content) => content ?? segments.get(location.segment) ?? NOT_A_FILE,
  );
}

/** Reads the record as {@link readContent} does; `undefined` if the frames are inconsistent. */
export function readIntactContent(folder: string, location: Location): MaybePromise<Uint8Array | undefined> {
  return readFrames(folder, location, new Map());
}

/** Adds the segments that it reads to `segments`. */
function readFrames(
  folder: string,
  location: Location,
  segments: Map<string, Buffer>,
): MaybePromise<Uint8Array | undefined> {
  return steps(function* () {
    const parts: Buffer[] = [];
    let missing = Number.POSITIVE_INFINITY;
    const visitedEnds = new Map<string, number>();
    for (let position = location; ;) {
      // Frames are visited from the newest to the oldest, so the first position in a segment is the farthest.
      const segment = segments.get(position.segment) ?? (yield* wait(readSegment(folder, position)));
      segments.set(position.segment, segment);
      const frame = parseFrame(segment, position.end);
      const isIntact = frame !== undefined && frame.start >= 0 && reaches(frame, missing);
      if (!isIntact || !isBefore(position, visitedEnds)) return undefined;
      visitedEnds.set(position.segment, position.end);
      const usedLength = Math.min(frame.length, missing - frame.prefixLength);
      if (usedLength > 0) parts.push(segment.subarray(frame.start, frame.start + usedLength));
      missing = Math.min(missing, frame.prefixLength);
      if (missing === 0 || frame.previous === undefined) break;
      position = frame.previous;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts.toReversed());
  });
}

/** Returns whether the record has all bytes that the next one, which needs those before `missing`, shares with it. */
export function reaches({ prefixLength, length }: Frame, missing: number): boolean {
  return missing === Number.POSITIVE_INFINITY || prefixLength + length >= missing;
}

/** Positions within each segment must decrease, so that corrupt frames cannot cause an endless loop. */
export function isBefore({ segment, end }: Location, visitedEnds: ReadonlyMap<string, number>): boolean {
  return end < (visitedEnds.get(segment) ?? Number.POSITIVE_INFINITY);
}

function readSegment(folder: string, { segment, end }: Location): MaybePromise<Buffer> {
  const bytes = readFile(pathIn(folder, segmentFileName(segment)), (file) =>
    andThen(file.size(), (size) => readBytes(file, 0, Math.min(size, end))),
  );
  return andThen(bytes, (read) => read ?? NOT_A_FILE);
}

/** Reads the last bytes of the record that ends at the location: at most `length`, and at least its trailer. */
export async function readTail(
  folder: string,
  { segment, end }: Location,
  length: number,
): Promise<Uint8Array> {
  const tail = await readFile(pathIn(folder, segmentFileName(segment)), async (file) => {
    const readEnd = Math.min(await file.size(), end);
    const readStart = Math.max(0, readEnd - length - FOOTER_MAX_BYTES);
    const bytes = await readBytes(file, readStart, readEnd - readStart);
    const frame = readEnd === end ? parseFrame(bytes, bytes.length) : undefined;
    if (frame === undefined) return bytes.subarray(-length);
    const contentEnd = frame.start + frame.length;
    return bytes.subarray(Math.max(0, frame.start, contentEnd - length), contentEnd);
  });
  return tail ?? NOT_A_FILE;
}

/** Reads the footer of the frame that ends at the location; `undefined` if the frame is corrupt. */
export function readFrame(
  folder: string,
  { segment, end }: Location,
): MaybePromise<LocatedFrame | undefined> {
  const readStart = Math.max(0, end - FOOTER_MAX_BYTES);
  const bytes = readFile(pathIn(folder, segmentFileName(segment)), (file) =>
    readBytes(file, readStart, end - readStart),
  );
  return andThen(bytes, (read) => read && parseFrame(read, end - readStart));
}

/** Reads the bytes that the file has in this range. */
export function readBytes(file: OpenFile, position: number, length: number): MaybePromise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return andThen(file.read(bytes, position), (count) => bytes.subarray(0, count));
}
