import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** The last messages of a closed turn, which the model's service has never accepted as part of a request. */
export interface UnacceptedRange {
  /** The index of the first of them. */
  readonly start: number;
  /** The index after the last. */
  readonly end: number;
  /** Whether the service rejected them, so that requests leave them out. */
  readonly isLeftOut: boolean;
  /** Whether all of their content is left out, and not only that of results and attachments. */
  readonly isWhole: boolean;
}

/** Returns the positions of all messages of ranges. */
export function positionsIn(ranges: readonly UnacceptedRange[]): number[] {
  return ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));
}

/** Returns the ranges of messages at these positions, each of which is left out alone. */
export function leftOutAlone(positions: readonly number[]): UnacceptedRange[] {
  return positions.map((start) => ({ start, end: start + 1, isLeftOut: true, isWhole: false }));
}

export function writeUnaccepted(ranges: readonly UnacceptedRange[]): JsonObject[] {
  return ranges.map(({ start, end, isLeftOut, isWhole }) => ({
    start,
    end,
    ...(isLeftOut ? { leftOut: true } : {}),
    ...(isWhole ? { whole: true } : {}),
  }));
}

/**
 * Reads the `unaccepted` member of a thread, which is untrusted. Skips ranges that do not fit the messages or overlap
 * an earlier one: without a range, only a rejection is not recovered from.
 */
export function readUnaccepted(
  value: JsonValue | undefined,
  messageCount: number,
): readonly UnacceptedRange[] {
  if (!Array.isArray(value)) return [];
  let previousEnd = 0;
  return value.flatMap((range) => {
    const { start, end, leftOut, whole } = isJsonObject(range) ? range : {};
    if (!isIndex(start) || !isIndex(end)) return [];
    if (start < previousEnd || start >= end || end > messageCount) return [];
    previousEnd = end;
    const isLeftOut = leftOut === true;
    return [{ start, end, isLeftOut, isWhole: isLeftOut && whole === true }];
  });
}

function isIndex(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value);
}

/** Returns the ranges with their positions mapped to messages that were added or removed. */
export function moveUnaccepted(
  ranges: readonly UnacceptedRange[],
  move: (index: number) => number,
): readonly UnacceptedRange[] {
  const moved = ranges.map((range) => ({ ...range, start: move(range.start), end: move(range.end) }));
  return moved.filter(({ start, end }) => start < end);
}
