import type { JsonValue } from "@threadstore/core";
import {
  applySplices,
  PLAIN_METADATA,
  type ReplacedLog,
  type SegmentFormat,
  spliceBetween,
  type WholeThread,
  type WrittenSegments,
} from "@threadstore/core/decorator";
import { corruptHistory } from "../errors.ts";
import type { ResolvedOptions } from "../options.ts";
import { decodeHead, EMPTY_LOG, encodeHead, extendLog, isOversized, type Log } from "./log.ts";
import { firstKept } from "./retention.ts";
import { decodeSegments, encodeSegment, pastVersion, type Segment } from "./segment.ts";

/** The name of the decorator, and of the members that contain its logs. */
export const HISTORY = "history" as const;

const FORMAT_VERSION = 1;

/** The header of all logs. */
export const FORMAT: { readonly [member: string]: JsonValue } = { format: FORMAT_VERSION };

type Limits = Pick<ResolvedOptions, "keep" | "now">;

/**
 * Returns the format in which each save adds a segment: the change of the JSON, and the version, time and size of what it
 * replaced. Each version is thus the result of the first segments of the log.
 */
export function historyFormat(limits: Limits): SegmentFormat<Log> {
  const { keep, now } = limits;
  return {
    name: HISTORY,
    keepsVersions: true,
    start: async (_location, thread, replaced) => startLog(limits, thread, replaced),
    isFull: (log) => isOversized(log, keep, now()),
    write: async (log, change) => ({
      log: extendLog(log, change.splice, now()),
      segments: [encodeSegment(change.splice, pastVersion(change.replaced, now()))],
    }),
    resume: async (_location, { head }) => decodeHead(head),
    async read(_location, { header, segments, head }) {
      checkHeader(header);
      const splices = decodeSegments(segments).map(({ splice }) => splice);
      const log = decodeHead(head);
      const last = splices.at(-1);
      const length = last && last.keep + last.text.length + last.tail;
      if (log.segments !== splices.length || log.length !== length) {
        throw corruptHistory("its head belongs to another version");
      }
      return { log, splices };
    },
    acceptPlainThread: () => undefined,
    header: () => ({ ...FORMAT }),
    head: encodeHead,
    metadata: PLAIN_METADATA,
  };
}

function checkHeader(header: JsonValue): void {
  const isObject = typeof header === "object" && header !== null && !Array.isArray(header);
  if (isObject && header["format"] === FORMAT_VERSION) return;
  throw corruptHistory("a newer version of @threadstore/history wrote it, or another program");
}

/** Starts a log with the thread, or with the oldest version of the replaced log that is kept. */
function startLog(
  { keep, now }: Limits,
  { json }: WholeThread,
  replaced: ReplacedLog<Log> | undefined,
): WrittenSegments<Log> {
  const whole = { splice: { keep: 0, text: json, tail: 0 }, replaced: undefined };
  if (replaced === undefined) return logOf([whole]);
  const { stored, thread } = replaced;
  const before = decodeSegments(stored().segments);
  const current = textAfter(before);
  const savedAt = now();
  const next: Segment = { splice: spliceBetween(current, json), replaced: pastVersion(thread, savedAt) };
  const all = [...before, next];
  return logOf(logFrom(all, firstKept(all, keep, savedAt)));
}

/** Returns the segments of a log that starts with the version of this index. */
export function logFrom(segments: readonly Segment[], first: number): Segment[] {
  const base = { keep: 0, text: textAfter(segments.slice(0, first + 1)), tail: 0 };
  return [{ splice: base, replaced: undefined }, ...segments.slice(first + 1)];
}

/** Returns the JSON after these segments, the first of a log. */
export function textAfter(segments: readonly Segment[]): string {
  const text = applySplices(segments.map(({ splice }) => splice));
  // `decodeSegments` has checked the lengths.
  if (text === undefined) throw corruptHistory("its segments do not fit each other");
  return text;
}

/** Encodes a log. */
export function logOf(segments: readonly Segment[]): WrittenSegments<Log> {
  let log: Log = EMPTY_LOG;
  // The first segment has no time, and does not remove anything.
  for (const { splice, replaced } of segments) log = extendLog(log, splice, replaced?.replacedAt ?? 0);
  return { log, segments: segments.map(({ splice, replaced }) => encodeSegment(splice, replaced)) };
}
