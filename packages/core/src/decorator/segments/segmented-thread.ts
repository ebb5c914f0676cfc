import type { StoredThread, ThreadMetadata } from "../../thread-store.ts";
import { corruptRecord } from "../../validation/corrupt-record.ts";
import type { DecoratedThread } from "../thread-store-decorator.ts";
import type { HeadMetadata } from "./head-metadata.ts";
import { type JsonParts, jsonParts } from "./json-parts.ts";
import { decodeOutline, encodeOutline, type Outline, outlineOf } from "./outline.ts";
import type {
  ReplacedThread,
  SegmentFormat,
  SegmentLocation,
  StoredLog,
  WrittenSegments,
} from "./segment-format.ts";
import { applySplices } from "./splice.ts";

/** The state that the decorator keeps for a thread that it returned. */
export interface SegmentedState<Log> {
  /** The thread's JSON as callers see it. */
  readonly json: JsonParts;
  readonly outline: Outline;
  /** The log, as it is stored; `undefined` if the thread was stored without this decorator. */
  readonly written: WrittenLog<Log> | undefined;
}

/** A log, and its text in parts, which the inner store recognizes when the thread grows. */
export interface WrittenLog<Log> {
  readonly log: Log;
  /** All but the last characters of the stored JSON. */
  readonly parts: readonly string[];
  /** The number of characters in the parts. */
  readonly length: number;
}

export type SegmentedThread<Log> = DecoratedThread<SegmentedState<Log>>;

const CLOSING = "]}";

/** Returns the text of a new log. */
export function startParts<Log>(
  format: SegmentFormat<Log>,
  { log, segments }: WrittenSegments<Log>,
): WrittenLog<Log> {
  const header = `${JSON.stringify(format.name)}:${JSON.stringify(format.header(log))}`;
  const part = `{${header},"segments":[${segments.map((segment) => JSON.stringify(segment)).join(",")}`;
  return { log, parts: [part], length: part.length };
}

/** Returns the text of a log with further segments. */
export function addParts<Log>(
  { parts, length }: WrittenLog<Log>,
  { log, segments }: WrittenSegments<Log>,
): WrittenLog<Log> {
  const part = segments.map((segment) => `,${JSON.stringify(segment)}`).join("");
  return { log, parts: [...parts, part], length: length + part.length };
}

/** Returns the JSON to store, in parts. */
export function storedParts<Log>({ parts }: WrittenLog<Log>): readonly string[] {
  return [...parts, CLOSING];
}

/** Reads a thread of the inner store. Rejects with `CORRUPT`. */
export async function readThread<Log>(
  format: SegmentFormat<Log>,
  heads: HeadMetadata,
  location: SegmentLocation,
  stored: StoredThread,
): Promise<SegmentedThread<Log>> {
  const { metadata: storedMetadata, end } = heads.split(stored.metadata);
  if (end === undefined) {
    format.acceptPlainThread(location);
    const { json, size } = stored;
    const state = { json: jsonParts([json]), outline: outlineOf(json, size), written: undefined };
    return segmentedThread(stored, state, storedMetadata);
  }
  const metadata = await format.metadata.decode(location, storedMetadata);
  const { log, splices } = await format.read(location, { ...end, ...logIn(format.name, stored) });
  const json = applySplices(splices);
  const outline = decodeOutline(end.outline);
  if (json === undefined || outline === undefined) throw corruptLog(format.name);
  const isComplete = encodeOutline(outlineOf(json, outline.size)) === end.outline;
  if (!isComplete) throw corruptLog(format.name);
  const part = stored.json.slice(0, -CLOSING.length);
  const written = { log, parts: [part], length: part.length };
  const state = { json: jsonParts([json]), outline, written };
  return segmentedThread(stored, state, metadata);
}

/** Creates the error for segments that do not result in a thread. */
export function corruptLog(name: string): ReturnType<typeof corruptRecord> {
  return corruptRecord(`its segments of ${name} do not form a thread`);
}

export function segmentedThread<Log>(
  stored: StoredThread,
  state: SegmentedState<Log>,
  metadata: ThreadMetadata,
): SegmentedThread<Log> {
  const content = { size: state.outline.size, json: () => state.json.text() };
  return { stored, metadata, content, state };
}

/** Returns the header and the segments in the content of a stored log. Throws `CORRUPT`. */
export function logIn(name: string, { json, thread }: StoredThread): Pick<StoredLog, "header" | "segments"> {
  const { [name]: header, segments, ...others } = thread;
  const isLog = header !== undefined && Array.isArray(segments) && json.endsWith(CLOSING);
  if (isLog && segments.length > 0 && Object.keys(others).length === 0) return { header, segments };
  throw corruptRecord(`it does not contain the segments of ${name} that its metadata announce`);
}

/** Returns the thread that a change replaces. */
export function replacedThread(
  { version, updatedAt }: Pick<StoredThread, "version" | "updatedAt">,
  { size }: Outline,
): ReplacedThread {
  return { version, updatedAt, size };
}
