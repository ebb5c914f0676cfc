import { constants } from "node:fs";
import { join } from "node:path";
import { segmentFileName } from "../layout.ts";
import { open, type OpenFile } from "../system/synchronous-io.ts";
import type { Location } from "../version.ts";
import { FOOTER_MAX_BYTES, type LocatedFrame, parseFrame } from "./frame.ts";

// Does not follow a link: its target is not a file that the store wrote.
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/**
 * Reads the record that ends at `location` from the segments in `folder`. If the frames are inconsistent, returns the
 * raw bytes of the last segment, which core reports as corrupt.
 */
export async function readContent(folder: string, location: Location): Promise<Uint8Array> {
  const segments = new Map<string, Buffer>();
  const parts: Buffer[] = [];
  let missing = Number.POSITIVE_INFINITY;
  for (let position = location; ;) {
    // Frames are visited from the newest to the oldest, so the first position in a segment is the farthest.
    const segment = segments.get(position.segment) ?? (await readSegment(folder, position));
    segments.set(position.segment, segment);
    const frame = parseFrame(segment, position.end);
    const isIntact = frame !== undefined && frame.start >= 0 && reaches(frame, missing);
    const { previous } = frame ?? {};
    if (!isIntact || (previous && !isBefore(previous, position, segments)))
      return segments.get(location.segment) ?? segment;
    const usedLength = Math.min(frame.length, missing - frame.prefixLength);
    if (usedLength > 0) parts.push(segment.subarray(frame.start, frame.start + usedLength));
    missing = Math.min(missing, frame.prefixLength);
    if (missing === 0 || previous === undefined) break;
    position = previous;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts.toReversed());
}

/** Returns whether the record has all bytes that the next one shares with it. */
function reaches({ prefixLength, length }: LocatedFrame, missing: number): boolean {
  return missing === Number.POSITIVE_INFINITY || prefixLength + length >= missing;
}

/** Positions within a segment must decrease, so that a corrupt frame cannot cause an endless loop. */
function isBefore(previous: Location, position: Location, segments: ReadonlyMap<string, Buffer>): boolean {
  if (previous.segment === position.segment) return previous.end < position.end;
  const loaded = segments.get(previous.segment);
  return loaded === undefined || previous.end <= loaded.length;
}

async function readSegment(folder: string, { segment, end }: Location): Promise<Buffer> {
  await using file = await open(join(folder, segmentFileName(segment)), READ_FLAGS);
  const size = await file.size();
  return readBytes(file, 0, Math.min(size, end));
}

/** Reads the last bytes of the record that ends at the location: at most `length`, and at least its trailer. */
export async function readTail(
  folder: string,
  { segment, end }: Location,
  length: number,
): Promise<Uint8Array> {
  await using file = await open(join(folder, segmentFileName(segment)), READ_FLAGS);
  const size = await file.size();
  const readEnd = Math.min(size, end);
  const readStart = Math.max(0, readEnd - length - FOOTER_MAX_BYTES);
  const bytes = await readBytes(file, readStart, readEnd - readStart);
  const frame = readEnd === end ? parseFrame(bytes, bytes.length) : undefined;
  if (frame === undefined) return bytes.subarray(-length);
  const contentEnd = frame.start + frame.length;
  return bytes.subarray(Math.max(0, frame.start, contentEnd - length), contentEnd);
}

/** Reads the footer of the frame that ends at the location; `undefined` if the frame is corrupt. */
export async function readFrame(
  folder: string,
  { segment, end }: Location,
): Promise<LocatedFrame | undefined> {
  await using file = await open(join(folder, segmentFileName(segment)), READ_FLAGS);
  const readStart = Math.max(0, end - FOOTER_MAX_BYTES);
  const bytes = await readBytes(file, readStart, end - readStart);
  return parseFrame(bytes, end - readStart);
}

async function readBytes(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, await file.read(bytes, position));
}
