import type { StoredThread, ThreadStore, Version } from "@threadstore/core";
import { storedName } from "@threadstore/core/documents";
import { checkElement, isEnd, type End, type StreamElement } from "./chunks.ts";
import { invalidArgument, invalidThread, streamExpired } from "./stream-error.ts";

const HEAD_KIND = "resumable-stream";
const SEGMENT_KIND = "resumable-stream-segment";
const FORMAT_VERSION = 1;
const SEGMENTS_NAMESPACE = "segments";
const MAX_ID_BYTES = 512;

/** The latest part of a stream, and which one it is. The parts before it are segments, which do not change. */
export interface Head {
  readonly version: Version;
  /** Identifies the producer. */
  readonly token: string;
  /** The number of segments before the head. */
  readonly segment: number;
  readonly ttlMs: number;
  readonly elements: readonly StreamElement[];
}

/** A head as it is saved. */
export type HeadContent = Omit<Head, "version">;

/** Returns the id of a stream's head. Throws `INVALID_ARGUMENT`. */
export function headId(streamId: unknown): string {
  if (typeof streamId !== "string" || streamId === "" || !streamId.isWellFormed()) {
    throw invalidArgument("streamId", "a non-empty string of well-formed Unicode");
  }
  return storedName(streamId, { maxBytes: MAX_ID_BYTES });
}

export function endOf({ elements }: Pick<Head, "elements">): End | undefined {
  const last = elements.at(-1);
  return last !== undefined && isEnd(last) ? last : undefined;
}

/** Returns the thread of a head. The chunks are its last member, so that they can be appended. */
export function headThread({ token, segment, ttlMs, elements }: HeadContent): object {
  return { kind: HEAD_KIND, version: FORMAT_VERSION, token, segment, ttlMs, chunks: elements };
}

/** Reads a head. Throws `THREAD_INVALID`. */
export function readHead({ thread, version }: StoredThread): Head {
  const { kind, version: format, token, segment, ttlMs } = thread;
  if (kind !== HEAD_KIND) throw invalidThread("$.kind", HEAD_KIND);
  if (format !== FORMAT_VERSION) throw invalidThread("$.version", String(FORMAT_VERSION));
  if (typeof token !== "string") throw invalidThread("$.token", "a string");
  if (!isCount(segment)) throw invalidThread("$.segment", "a non-negative integer");
  if (!isCount(ttlMs)) throw invalidThread("$.ttlMs", "a non-negative integer");
  return { version, token, segment, ttlMs, elements: readElements(thread["chunks"]) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function readElements(chunks: unknown): StreamElement[] {
  if (!Array.isArray(chunks)) throw invalidThread("$.chunks", "an array");
  return chunks.map((element, index) => checkElement(element, `$.chunks[${index}]`));
}

/** Stores a segment. It lasts as long as the head, unless the stream lasts longer than its TTL. */
export async function saveSegment(
  store: ThreadStore,
  { token, segment, ttlMs, elements }: HeadContent,
): Promise<void> {
  const thread = { kind: SEGMENT_KIND, version: FORMAT_VERSION, chunks: elements };
  // A repeated save has the same content.
  const options = { ttlMs: 2 * ttlMs, overwrite: true };
  await store.namespace(SEGMENTS_NAMESPACE).save(segmentId(token, segment), thread, options);
}

/** Loads a segment. Rejects with `STREAM_EXPIRED` if it does not exist anymore. */
export async function loadSegment(
  store: ThreadStore,
  token: string,
  segment: number,
): Promise<readonly StreamElement[]> {
  const stored = await store.namespace(SEGMENTS_NAMESPACE).load(segmentId(token, segment));
  if (stored === undefined) throw streamExpired();
  if (stored.thread["kind"] !== SEGMENT_KIND) throw invalidThread("$.kind", SEGMENT_KIND);
  return readElements(stored.thread["chunks"]);
}

export async function deleteSegments(
  store: ThreadStore,
  { token, segment: count }: HeadContent,
): Promise<void> {
  const segments = store.namespace(SEGMENTS_NAMESPACE);
  for (let segment = 0; segment < count; segment++) await segments.delete(segmentId(token, segment));
}

function segmentId(token: string, segment: number): string {
  return `${token}.${segment}`;
}
