import { formatLocation, type Location, parseLocation } from "../version.ts";

// A segment is a file of frames. A frame holds the bytes in which a record differs from the record before it, followed
// by one line, the footer, which says where to find the other bytes. See docs/decisions/0018-file-segments.md.

/** The parts of a record, except the bytes of its frame. */
export interface Frame {
  /** How many leading bytes the record shares with the previous one. */
  readonly prefixLength: number;
  /** How many bytes the frame holds. They follow the prefix. */
  readonly length: number;
  /** Where the previous record ends; `undefined` if nothing of it is needed. */
  readonly previous: Location | undefined;
  /** The segments that the record needs in addition to the one that holds this frame. */
  readonly otherSegments: readonly string[];
  /** The bytes of all frames that the record needs, including this one. */
  readonly storedBytes: number;
}

export interface LocatedFrame extends Frame {
  /** Where the frame's bytes start, relative to the bytes that were parsed. */
  readonly start: number;
}

/** An upper bound for the length of a footer. */
export const FOOTER_MAX_BYTES = 512;

/** How many segments a record may need, so that reading it opens few files. */
export const SEGMENTS_MAX = 8;

/** Formats the line that follows a frame's bytes. `storedBefore` counts the bytes of the frames before it. */
export function formatFooter(
  { prefixLength, length, previous, otherSegments }: Omit<Frame, "storedBytes">,
  storedBefore: number,
): Buffer {
  const replaced =
    previous === undefined ? "" : `,"previous":"${formatLocation(previous)}","storedBefore":${storedBefore}`;
  const others = otherSegments.length === 0 ? "" : `,"others":${JSON.stringify(otherSegments)}`;
  return Buffer.from(`\n{"keep":${prefixLength},"length":${length}${replaced}${others}}\n`, "latin1");
}

/** Parses the frame that ends at `end`; `undefined` if there is none, so that the segment is corrupt. */
export function parseFrame(bytes: Buffer, end: number): LocatedFrame | undefined {
  const tailStart = Math.max(0, end - FOOTER_MAX_BYTES);
  const tail = bytes.toString("latin1", tailStart, end);
  if (end > bytes.length || !tail.endsWith("}\n")) return undefined;
  const footerStart = tail.lastIndexOf("\n{");
  const frame = footerStart === -1 ? undefined : parseFooter(tail.slice(footerStart));
  if (frame === undefined) return undefined;
  const footerLength = tail.length - footerStart;
  const start = end - footerLength - frame.length;
  return { ...frame, storedBytes: frame.storedBytes + frame.length + footerLength, start };
}

/** Returns the frame with the `storedBytes` of the frames before it. */
function parseFooter(line: string): Frame | undefined {
  let fields: { readonly [name: string]: unknown };
  try {
    fields = JSON.parse(line) as typeof fields;
  } catch {
    return undefined;
  }
  const { keep, length, previous: previousText, storedBefore = 0, others = [] } = fields;
  if (!isCount(keep) || !isCount(length) || !isCount(storedBefore)) return undefined;
  if (!Array.isArray(others) || !others.every((name) => typeof name === "string")) return undefined;
  const previous = typeof previousText === "string" ? parseLocation(previousText) : undefined;
  if (keep > 0 && previous === undefined) return undefined;
  return { prefixLength: keep, length, previous, otherSegments: others, storedBytes: storedBefore };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
