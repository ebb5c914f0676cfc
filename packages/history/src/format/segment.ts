import type { JsonValue, Version } from "@threadstore/core";
import type { ReplacedThread, Splice } from "@threadstore/core/decorator";
import { corruptHistory } from "../errors.ts";
import { decodeBody, encodeBody } from "./body.ts";

/** A version that was replaced. */
export interface PastVersion {
  readonly version: Version;
  /** In milliseconds since the epoch. */
  readonly updatedAt: number;
  /** The length of its JSON in bytes of UTF-8. */
  readonly size: number;
  /**
   * When the save that replaced it was written, in milliseconds since the epoch. The time of the next version does not
   * tell, because touches change it.
   */
  readonly replacedAt: number;
}

/** A decoded segment. */
export interface Segment {
  readonly splice: Splice;
  /** The version that it replaced; `undefined` in the first segment of a log. */
  readonly replaced: PastVersion | undefined;
}

/**
 * Returns `[keep, tail, body]`, and in all segments but the first the version, time and size of what it replaced, and how
 * long after that time it did.
 */
export function encodeSegment({ keep, tail, text }: Splice, replaced: PastVersion | undefined): JsonValue {
  const change: JsonValue[] = [keep, tail, encodeBody(text)];
  if (replaced === undefined) return change;
  const { version, updatedAt, size, replacedAt } = replaced;
  // The clocks of two processes may differ.
  return [...change, version, updatedAt, size, Math.max(0, replacedAt - updatedAt)];
}

/** Rejects with `CORRUPT` unless the segments are those of a log. */
export function decodeSegments(segments: readonly JsonValue[]): Segment[] {
  if (segments.length === 0) throw corruptHistory("it is empty");
  let length = 0;
  return segments.map((stored, index) => {
    const segment = decodeSegment(stored, index);
    const { keep, text, tail } = segment.splice;
    if (keep + tail > length) throw corruptHistory(`segment ${index} does not fit the one before it`);
    length = keep + text.length + tail;
    return segment;
  });
}

function decodeSegment(stored: JsonValue, index: number): Segment {
  const [keep, tail, body, version, updatedAt, size, lasted] = Array.isArray(stored) ? stored : [];
  const text = decodeBody(body);
  if (!isCount(keep) || !isCount(tail) || text === undefined) throw malformed(index);
  const splice = { keep, tail, text };
  if (index === 0) return { splice, replaced: undefined };
  if (typeof version !== "string" || typeof updatedAt !== "number") throw malformed(index);
  if (!isCount(size) || !isCount(lasted)) throw malformed(index);
  return { splice, replaced: { version, updatedAt, size, replacedAt: updatedAt + lasted } };
}

/** Returns a version that is replaced at the time `replacedAt`. */
export function pastVersion({ version, updatedAt, size }: ReplacedThread, replacedAt: number): PastVersion {
  return { version, updatedAt: updatedAt.getTime(), size, replacedAt };
}

function isCount(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(index: number): Error {
  return corruptHistory(`segment ${index} is malformed`);
}
