import type { Version } from "@threadstore/core";
import { andThen, hasSystemErrorCode, type MaybePromise } from "@threadstore/core/driver";
import { pathIn, segmentFileName } from "../layout.ts";
import type { DurableFiles } from "../system/durable-files.ts";
import { catching, settling } from "../system/steps.ts";
import { unlink } from "../system/synchronous-io.ts";
import { isNotAFile, unlessCode } from "../system/system-error.ts";
import type { Location } from "../version.ts";
import { formatFooter, type Frame, SEGMENTS_MAX } from "./frame.ts";
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
  readonly whole: () => MaybePromise<Uint8Array>;
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
export function stageRecord(
  context: SegmentContext,
  expected: ExpectedRecord,
  change: RecordChange,
): MaybePromise<StagedRecord> {
  const { version, location, folder } = expected;
  const { prefixLength, whole } = change;
  const remembered = context.segments.storedByVersion.get(version);
  const stored =
    remembered ?? (prefixLength <= 0 ? undefined : unlessCode(() => readFrame(folder, location), "ENOENT"));
  return andThen(stored, (frame) =>
    andThen(frame && stageChange(context, expected, frame, change), (staged) => {
      return staged ?? andThen(whole(), (bytes) => writeWholeRecord(context, folder, bytes));
    }),
  );
}

type StoredFrames = Pick<Frame, "otherSegments" | "storedBytes">;

/** Writes only the changed part. Returns `undefined` if the whole record must be written, to a new segment. */
function stageChange(
  context: SegmentContext,
  expected: ExpectedRecord,
  stored: StoredFrames,
  change: RecordChange,
): MaybePromise<StagedRecord | undefined> {
  const { segments } = context;
  const { folder, location } = expected;
  const { length, prefixLength, added } = change;
  // The end of the segment also counts what lost races and crashes left in it.
  const usedBytes = Math.max(stored.storedBytes, location.end);
  if (usedBytes + added.length > 2 * length + WASTE_MAX_BYTES) return undefined;
  const addition = additionTo(location, stored, change);
  const { neededSegments } = addition;
  const ownSegment = neededSegments.find((name) => segments.isOwn(name) && !segments.inUse.has(name));
  if (ownSegment !== undefined && (prefixLength > 0 || neededSegments.length === 1)) {
    return appendToSegment(context, folder, ownSegment, addition);
  }
  if (prefixLength <= 0 || length <= SMALL_RECORD_BYTES) return undefined;
  const hasRoom = neededSegments.length < SEGMENTS_MAX;
  return andThen(
    hasRoom ? addition : mergeSegments(expected, addition),
    (fitting) => fitting && addSegment(context, folder, fitting),
  );
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

function additionTo(
  location: Location,
  { otherSegments, storedBytes }: StoredFrames,
  { prefixLength, added: bytes }: RecordChange,
): Addition {
  const neededSegments = [location.segment, ...otherSegments];
  return prefixLength <= 0
    ? { bytes, prefixLength: 0, previous: undefined, storedBefore: 0, neededSegments }
    : { bytes, prefixLength, previous: location, storedBefore: storedBytes, neededSegments };
}

/**
 * Returns the addition together with the end of the replaced record that its newest segments hold, so that the record
 * needs fewer segments. Resolves to `undefined` if only the whole record can be copied.
 */
async function mergeSegments(
  { folder, location }: ExpectedRecord,
  { bytes, prefixLength }: Addition,
): Promise<Addition | undefined> {
  const end = await unlessCode(() => readMergeableEnd(folder, location), "ENOENT");
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

/** Returns `undefined` if the segment is missing or not a file, so that the record is corrupt. */
function appendToSegment(
  { files, segments }: SegmentContext,
  folder: string,
  segment: string,
  addition: Addition,
): MaybePromise<StagedRecord | undefined> {
  const { neededSegments, storedBefore } = addition;
  const content = frameContent(addition, segment);
  segments.inUse.add(segment);
  return catching<StagedRecord | undefined>(
    () =>
      settling(
        () =>
          andThen(files.append(pathIn(folder, segmentFileName(segment)), content), (end) => {
            const storedBytes = storedBefore + totalLength(content);
            return { segment, end, neededSegments, storedBytes, isNewSegment: false };
          }),
        () => segments.inUse.delete(segment),
      ),
    (error) => {
      if (isNotAFile(error) || hasSystemErrorCode(error, "ENOENT")) return undefined;
      throw error;
    },
  );
}

function addSegment(
  { files, segments }: SegmentContext,
  folder: string,
  addition: Addition,
): MaybePromise<StagedRecord> {
  const segment = segments.newName();
  const content = frameContent(addition, segment);
  return andThen(writeSegment(files, folder, segment, content), () => {
    const end = totalLength(content);
    const neededSegments = [segment, ...addition.neededSegments];
    return { segment, end, neededSegments, storedBytes: addition.storedBefore + end, isNewSegment: true };
  });
}

function writeWholeRecord(
  { files, segments }: SegmentContext,
  folder: string,
  bytes: Uint8Array,
): MaybePromise<StagedRecord> {
  const segment = segments.newName();
  const { content, end } = wholeRecordFrame(bytes);
  return andThen(writeSegment(files, folder, segment, content), () => ({
    segment,
    end,
    neededSegments: [segment],
    storedBytes: end,
    isNewSegment: true,
  }));
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

function writeSegment(
  files: DurableFiles,
  folder: string,
  segment: string,
  content: Uint8Array[],
): MaybePromise<void> {
  const file = pathIn(folder, segmentFileName(segment));
  return catching(
    () => files.writeNewFile(file, content),
    async (cause) => {
      await Promise.allSettled([remove(file)]);
      throw cause;
    },
  );
}

async function remove(file: string): Promise<void> {
  await unlink(file);
}
