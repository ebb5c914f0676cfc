import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RecordToWrite, Version } from "@threadstore/core";
import type { Disk } from "./disk.ts";
import { footerOf, type Frame, MOST_SEGMENTS } from "./frame.ts";
import { segmentName } from "./layout.ts";
import { readFrame } from "./record-file.ts";
import { unlink } from "./system-calls.ts";
import { unlessCode } from "./system-error.ts";
import type { Location } from "./version.ts";

/**
 * The segments that one driver writes to. Nobody else ever does, so that what is appended cannot mix with what
 * another process appends, and no lock is needed.
 */
export interface OwnSegments {
  /** A name that no segment has had. */
  next(): string;
  isOwn(segment: string): boolean;
  /** The segments that a save is appending to. Another save meanwhile takes a new one. */
  readonly busy: Set<string>;
  /** What the last versions written here are made of, which never changes: it need not be read again. */
  readonly written: Map<Version, Pick<Frame, "others" | "stored">>;
}

const REMEMBERED = 1000;

export function ownSegments(): OwnSegments {
  const owner = randomBytes(8).toString("hex");
  let count = 0;
  return {
    next() {
      count += 1;
      return owner + count.toString(16).padStart(8, "0");
    },
    isOwn: (segment) => segment.startsWith(owner),
    busy: new Set(),
    written: new Map(),
  };
}

/** Keeps what a version that became current is made of, for the save that follows. */
export function remember(
  { written }: OwnSegments,
  version: Version,
  { segment, needed, stored }: Candidate,
): void {
  written.set(version, { others: needed.filter((name) => name !== segment), stored });
  const [oldest] = written.keys();
  if (written.size > REMEMBERED && oldest !== undefined) written.delete(oldest);
}

/** A record that is on the disk and not yet current. */
export interface Candidate extends Location {
  /** The segments that it needs, its own included. */
  readonly needed: readonly string[];
  /** Bytes of all frames that it needs. */
  readonly stored: number;
  /** Whether its segment was made for it, and can go when it does not become current. */
  readonly isNew: boolean;
}

/** Below this, a segment of another process is better copied than kept beside one of ours. */
const SMALL_RECORD_BYTES = 65_536;
/** How much a segment may hold that its record does not need, beside as much as that has. */
const WASTE_BYTES = 65_536;

/** The record that another is to replace. */
export interface CurrentRecord {
  readonly folder: string;
  readonly version: Version;
  readonly from: Location;
}

/** A record as the only frame of a segment. */
export function wholeFrame(bytes: Uint8Array): { content: Uint8Array[]; end: number } {
  const frame: Frame = { keep: 0, length: bytes.length, previous: undefined, others: [], stored: 0 };
  const footer = footerOf(frame, 0);
  return { content: [bytes, footer], end: bytes.length + footer.length };
}

/**
 * Writes what is new of a record beside the one that is `expected`: behind a segment of ours if that record
 * needs one, else into a new segment; or the whole record, where nothing stays, behind the one segment that there is
 * if it is ours; or the whole record into a new segment, where the old record is damaged, or its segments have become
 * many or wasteful.
 */
export async function writeCandidate(
  { disk, segments }: { readonly disk: Disk; readonly segments: OwnSegments },
  expected: CurrentRecord,
  record: RecordToWrite,
): Promise<Candidate> {
  const { folder, version, from } = expected;
  const { bytes, unchanged, trailerLength } = record;
  // A listing reads the trailer from the last frame alone.
  const keep = Math.min(unchanged, bytes.length - trailerLength);
  const read = async () => unlessCode(readFrame(folder, from), "ENOENT");
  const before = segments.written.get(version) ?? (keep <= 0 ? undefined : await read());
  const length = bytes.length - keep;
  // What lost races and crashes left in the segment counts too.
  const used = Math.max(before?.stored ?? 0, from.end);
  if (before !== undefined && used + length <= 2 * bytes.length + WASTE_BYTES) {
    const needed = [from.segment, ...before.others];
    const own = needed.find((name) => segments.isOwn(name) && !segments.busy.has(name));
    const rest: Rest =
      keep <= 0
        ? { bytes, keep: 0, previous: undefined, storedBefore: 0, needed }
        : { bytes: bytes.subarray(keep), keep, previous: from, storedBefore: before.stored, needed };
    const fits = keep > 0 || needed.length === 1;
    if (own !== undefined && fits) return appended({ disk, segments }, folder, own, rest);
    if (keep > 0 && needed.length < MOST_SEGMENTS && bytes.length > SMALL_RECORD_BYTES) {
      return inNewSegment(disk, folder, segments.next(), rest);
    }
  }
  const segment = segments.next();
  const { content, end } = wholeFrame(bytes);
  await writeNew(disk, folder, segment, content);
  return { segment, end, needed: [segment], stored: end, isNew: true };
}

/** What a record has that the one before it, at `previous`, has not. */
interface Rest {
  readonly bytes: Uint8Array;
  readonly keep: number;
  /** `undefined` when nothing of the one before stays. */
  readonly previous: Location | undefined;
  readonly storedBefore: number;
  readonly needed: readonly string[];
}

function contentOf({ bytes, keep, previous, storedBefore, needed }: Rest, segment: string): Uint8Array[] {
  const others = needed.filter((name) => name !== segment);
  const frame: Frame = { keep, length: bytes.length, previous, others, stored: 0 };
  return [bytes, footerOf(frame, storedBefore)];
}

async function appended(
  { disk, segments }: { readonly disk: Disk; readonly segments: OwnSegments },
  folder: string,
  segment: string,
  rest: Rest,
): Promise<Candidate> {
  segments.busy.add(segment);
  try {
    const content = contentOf(rest, segment);
    const end = await disk.append(join(folder, segmentName(segment)), content);
    return {
      segment,
      end,
      needed: rest.needed,
      stored: rest.storedBefore + lengthOf(content),
      isNew: false,
    };
  } finally {
    segments.busy.delete(segment);
  }
}

async function inNewSegment(disk: Disk, folder: string, segment: string, rest: Rest): Promise<Candidate> {
  const content = contentOf(rest, segment);
  await writeNew(disk, folder, segment, content);
  const end = lengthOf(content);
  return { segment, end, needed: [segment, ...rest.needed], stored: rest.storedBefore + end, isNew: true };
}

function lengthOf(content: readonly Uint8Array[]): number {
  return content.reduce((sum, { length }) => sum + length, 0);
}

async function writeNew(disk: Disk, folder: string, segment: string, content: Uint8Array[]): Promise<void> {
  const file = join(folder, segmentName(segment));
  try {
    await disk.writeNew(file, content);
  } catch (error) {
    await Promise.allSettled([unlink(file)]);
    throw error;
  }
}
