import { join } from "node:path";
import type { Version } from "@threadstore/core";
import { hasSystemErrorCode } from "@threadstore/core/driver";
import { segmentFileName } from "../layout.ts";
import type { DurableFiles } from "../system/durable-files.ts";
import { unlink } from "../system/synchronous-io.ts";
import { isNotAFile, unlessCode } from "../system/system-error.ts";
import type { Location } from "../version.ts";
import { formatFooter, SEGMENTS_MAX } from "./frame.ts";
import type { OwnSegments, SegmentedRecord } from "./own-segments.ts";
import { readMergeableEnd } from "./segment-merger.ts";
import { readFrame } from "./segment-reader.ts";

export interface SegmentContext {
  readonly files: DurableFiles;
  readonly segments: OwnSegments;
}

/** The record that a save replaces. */
export interface ExpectedRecord {
  readonly folder: string;
  readonly version: Version;
  readonly location: Location;
}

/** A record to write, relative to the one that it replaces. */
export interface RecordChange {
  /** The length of the record. */
  readonly length: number;
  /** The number of leading bytes that it shares with the replaced record. None of them belongs to its trailer. */
  readonly prefixLength: number;
  /** The bytes that follow them. */
  readonly added: Uint8Array;
  /** Returns the complete record. */
  readonly whole: () => Promise<Uint8Array>;
}

/** A record that is on the disk but not current. */
export interface StagedRecord extends SegmentedRecord, Location {
  /** Whether the segment was created for this record, so that it can be removed if the save fails. */
  readonly isNewSegment: boolean;
}

/** Records below this size are copied instead of keeping a segment of another process. */
const SMALL_RECORD_BYTES = 65_536;
/** The segments of a record may hold this many unneeded bytes, in addition to the record's own size. */
const WASTE_MAX_BYTES = 65_536;

/** Formats a record as the only frame of a segment. */
export function wholeRecordFrame(bytes: Uint8Array): { content: Uint8Array[]; end: number } {
  const frame = { prefixLength: 0, length: bytes.length, previous: undefined, otherSegments: [] };
  const footer = formatFooter(frame, 0);
  return { content: [bytes, footer], end: bytes.length + footer.length };
}

/**
 * Writes the changed part of a record next to the record that it replaces:
 *
 * - appended to one of the driver's own segments, if the replaced record needs it;
 * - otherwise in a new segment that refers to the existing ones. If there are already many, the newest and smallest are
 *   merged into it.
 *
 * Writes the whole record if it shares nothing with the replaced one: appended, if the driver owns the only segment.
 * Also writes the whole record, to a new segment, if the replaced record is corrupt or its segments are too
 * wasteful.
 */
export async function stageRecord(
  context: SegmentContext,
  expected: ExpectedRecord,
  { length, prefixLength, added, whole }: RecordChange,
): Promise<StagedRecord> {
  const { segments } = context;
  const { folder, version, location } = expected;
  const read = async () => unlessCode(readFrame(folder, location), "ENOENT");
  const stored = segments.storedByVersion.get(version) ?? (prefixLength <= 0 ? undefined : await read());
  // The end of the segment also counts what lost races and crashes left in it.
  const usedBytes = Math.max(stored?.storedBytes ?? 0, location.end);
  if (stored !== undefined && usedBytes + added.length <= 2 * length + WASTE_MAX_BYTES) {
    const neededSegments = [location.segment, ...stored.otherSegments];
    const ownSegment = neededSegments.find((name) => segments.isOwn(name) && !segments.inUse.has(name));
    const addition: Addition =
      prefixLength <= 0
        ? { bytes: added, prefixLength: 0, previous: undefined, storedBefore: 0, neededSegments }
        : {
            bytes: added,
            prefixLength,
            previous: location,
            storedBefore: stored.storedBytes,
            neededSegments,
          };
    const canAppend = prefixLength > 0 || neededSegments.length === 1;
    if (ownSegment !== undefined && canAppend) {
      const appended = await appendToSegment(context, folder, ownSegment, addition);
      return appended ?? writeWholeRecord(context, folder, await whole());
    }
    if (prefixLength > 0 && length > SMALL_RECORD_BYTES) {
      const hasRoom = neededSegments.length < SEGMENTS_MAX;
      const fitting = hasRoom ? addition : await mergeSegments(expected, addition);
      if (fitting !== undefined) return addSegment(context, folder, fitting);
    }
  }
  return writeWholeRecord(context, folder, await whole());
}

/** The part of a record that the replaced record does not have. */
interface Addition {
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  /** Where the replaced record ends; `undefined` if nothing of it is needed. */
  readonly previous: Location | undefined;
  readonly storedBefore: number;
  readonly neededSegments: readonly string[];
}

/**
 * Returns the addition together with the end of the replaced record that its newest segments hold, so that the record
 * needs fewer segments. Resolves to `undefined` if only the whole record can be copied.
 */
async function mergeSegments(
  { folder, location }: ExpectedRecord,
  { bytes, prefixLength }: Addition,
): Promise<Addition | undefined> {
  const end = await unlessCode(readMergeableEnd(folder, location), "ENOENT");
  if (end === undefined) return undefined;
  const { previous, start, parts, storedBytes: storedBefore, neededSegments } = end;
  const kept = Buffer.concat(parts.toReversed()).subarray(0, Math.max(0, prefixLength - start));
  return {
    bytes: Buffer.concat([kept, bytes]),
    prefixLength: Math.min(prefixLength, start),
    previous,
    storedBefore,
    neededSegments,
  };
}

/** Resolves to `undefined` if the segment is missing or not a file, so that the record is corrupt. */
async function appendToSegment(
  { files, segments }: SegmentContext,
  folder: string,
  segment: string,
  addition: Addition,
): Promise<StagedRecord | undefined> {
  const { neededSegments, storedBefore } = addition;
  segments.inUse.add(segment);
  try {
    const content = frameContent(addition, segment);
    const end = await files.append(join(folder, segmentFileName(segment)), content);
    const storedBytes = storedBefore + totalLength(content);
    return { segment, end, neededSegments, storedBytes, isNewSegment: false };
  } catch (error) {
    if (isNotAFile(error) || hasSystemErrorCode(error, "ENOENT")) return undefined;
    throw error;
  } finally {
    segments.inUse.delete(segment);
  }
}

async function addSegment(
  { files, segments }: SegmentContext,
  folder: string,
  addition: Addition,
): Promise<StagedRecord> {
  const segment = segments.newName();
  const content = frameContent(addition, segment);
  await writeSegment(files, folder, segment, content);
  const end = totalLength(content);
  const neededSegments = [segment, ...addition.neededSegments];
  return { segment, end, neededSegments, storedBytes: addition.storedBefore + end, isNewSegment: true };
}

async function writeWholeRecord(
  { files, segments }: SegmentContext,
  folder: string,
  bytes: Uint8Array,
): Promise<StagedRecord> {
  const segment = segments.newName();
  const { content, end } = wholeRecordFrame(bytes);
  await writeSegment(files, folder, segment, content);
  return { segment, end, neededSegments: [segment], storedBytes: end, isNewSegment: true };
}

function frameContent(addition: Addition, segment: string): Uint8Array[] {
  const { bytes, prefixLength, previous, storedBefore, neededSegments } = addition;
  const otherSegments = neededSegments.filter((name) => name !== segment);
  const frame = { prefixLength, length: bytes.length, previous, otherSegments };
  return [bytes, formatFooter(frame, storedBefore)];
}

function totalLength(content: readonly Uint8Array[]): number {
  return content.reduce((sum, { length }) => sum + length, 0);
}

async function writeSegment(
  files: DurableFiles,
  folder: string,
  segment: string,
  content: Uint8Array[],
): Promise<void> {
  const file = join(folder, segmentFileName(segment));
  try {
    await files.writeNewFile(file, content);
  } catch (error) {
    await Promise.allSettled([unlink(file)]);
    throw error;
  }
}
