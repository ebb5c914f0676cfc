import type { Splice } from "@threadstore/core/decorator";
import { corruptHistory } from "../errors.ts";
import type { Retention } from "../options.ts";

/** The end of a log: all that a save needs to know to continue it. Stored with each save, in the head. */
export interface Log {
  /** The number of segments, and so of versions. */
  readonly segments: number;
  /** The length of the current JSON in UTF-16 code units, like all other lengths here. */
  readonly length: number;
  /** How much text the segments have removed or replaced, and since when. */
  readonly removed: RemovedText | undefined;
}

export interface RemovedText {
  readonly length: number;
  /** The index of the first segment that removed text. */
  readonly first: number;
  /** When it did, in milliseconds since the epoch. */
  readonly since: number;
}

export const EMPTY_LOG: Log = { segments: 0, length: 0, removed: undefined };

/** Returns the log after another segment, which is written at the time `now`. */
export function extendLog(
  { segments, length, removed }: Log,
  { keep, text, tail }: Splice,
  now: number,
): Log {
  const removedLength = length - keep - tail;
  return {
    segments: segments + 1,
    length: keep + text.length + tail,
    removed:
      removedLength === 0
        ? removed
        : {
            length: (removed?.length ?? 0) + removedLength,
            first: removed?.first ?? segments,
            since: removed?.since ?? now,
          },
  };
}

/** A segment takes about as much space besides its text. */
const SEGMENT_LENGTH = 64;
/** The additional space that does not matter for any thread. */
const FREE_LENGTH = 4096;

/**
 * Returns whether the log has so much that is no longer kept that the next save should write a new one, which writes the
 * whole thread again. Text that is no longer kept is removed
 *
 * - half as long again after its time, because that happens rarely;
 * - when the number of versions exceeds the limit by half, if removed text is a quarter as long as the thread, so that
 *   frequent small changes at its end do not cause it to be written again and again;
 * - when removed text exceeds its limit by half.
 *
 * Versions that only added text are counted by the space of their segments, because their text is in the thread.
 */
export function isOversized({ segments, length, removed }: Log, keep: Retention, now: number): boolean {
  const surplus = segments - keep.versions;
  if (surplus * SEGMENT_LENGTH > length / 2 + FREE_LENGTH) return true;
  if (removed === undefined) return false;
  return (
    removed.length > 1.5 * keep.characters ||
    now - removed.since > 1.5 * keep.ageMs ||
    (segments - removed.first > 1.5 * keep.versions && removed.length > length / 4)
  );
}

/**
 * Returns whether the log may have removed text that is not kept any more. The time of a save, which decides, is that of
 * the inner store, and not earlier than the one in the log.
 */
export function mayExceed({ segments, removed }: Log, keep: Retention, now: number): boolean {
  if (removed === undefined) return false;
  return (
    segments - removed.first >= keep.versions ||
    now - removed.since > keep.ageMs ||
    removed.length > keep.characters
  );
}

/** Returns the head of the log: numbers in base 36. */
export function encodeHead({ segments, length, removed }: Log): string {
  const numbers = [segments, length, ...(removed ? [removed.length, removed.first, removed.since] : [])];
  return numbers.map((number) => number.toString(36)).join(",");
}

/** Throws `CORRUPT` unless `encodeHead` can have returned the head. */
export function decodeHead(head: string): Log {
  const numbers = head.split(",").map(parseNumber);
  const [segments, length, removedLength, first, since] = numbers;
  const isComplete = numbers.length === 2 || numbers.length === 5;
  if (!isComplete || segments === undefined || length === undefined) throw malformedHead();
  if (removedLength === undefined || first === undefined || since === undefined) {
    return { segments, length, removed: undefined };
  }
  return { segments, length, removed: { length: removedLength, first, since } };
}

function parseNumber(text: string): number {
  const value = /^[0-9a-z]{1,11}$/u.test(text) ? Number.parseInt(text, 36) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw malformedHead();
}

function malformedHead(): Error {
  return corruptHistory("its head is malformed");
}
