import { randomBytes } from "node:crypto";
import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { type StoredThread, ThreadStoreError, type Version } from "@threadstore/core";
import { memberPath } from "@threadstore/core/documents";
import { findThread, type FoundThread } from "./find-thread.ts";
import { HASH_LENGTH, hashesOf, identify, type TranscriptEnd } from "./identity.ts";
import type { TranscriptLocation } from "./session-location.ts";
import {
  readSegment,
  readTranscript,
  type TranscriptContent,
  writeSegment,
  writeTranscript,
} from "./transcript-thread.ts";

/** How many segments are loaded at a time. */
const CONCURRENCY = 8;
/** How many hashes a segment can have, so that they fit in its metadata: 48,000 of its 65,536 bytes. */
const MAX_HASHES = 4000;
const SEQUENCE_DIGITS = 8;
/** Up to this many segments are found one by one. More are listed. */
const FEW_SEGMENTS = 4;

/** A transcript whose entries are all in segments. */
export interface MovedTranscript {
  readonly version: Version;
  readonly segments: readonly string[];
}

/**
 * Moves the entries of a transcript to segments, so that its thread does not grow without limit. Each segment is a new
 * thread, and the transcript refers to it only after it was saved: if the process is killed between the two, nothing
 * has changed. Resolves with the transcript without entries. Rejects with `CONFLICT` if another writer changes it first.
 */
export async function moveToSegments(
  location: TranscriptLocation,
  transcript: StoredThread,
): Promise<MovedTranscript> {
  const content = readTranscript(transcript.thread);
  const { ids, end } = await saveSegments(location, content);
  const segments = [...content.segments, ...ids];
  const emptied = writeTranscript({ ...content, segments, end, entries: [], stored: [] });
  try {
    const options = { previous: transcript, expiresAt: null };
    const { version } = await location.store.save(location.id, emptied, options);
    return { version, segments };
  } catch (error) {
    // If the outcome is unknown, the transcript may refer to them.
    if (ThreadStoreError.is(error, "CONFLICT")) await deleteSegments(location, ids);
    throw error;
  }
}

async function saveSegments(
  { session, segmentPrefix }: TranscriptLocation,
  content: TranscriptContent,
): Promise<{ readonly ids: readonly string[]; readonly end: TranscriptEnd }> {
  const { identities, end } = identify(content.entries, content.end);
  const hashes = identities.map(hashesOf);
  const ids: string[] = [];
  let { anchor } = content.end;
  for (const part of partsOf(hashes)) {
    const sequence = String(content.segments.length + ids.length).padStart(SEQUENCE_DIGITS, "0");
    // Random, so that writers that move the same entries do not replace each other's segments.
    const id = `${segmentPrefix}${sequence}-${randomBytes(9).toString("base64url")}`;
    const metadata = { hashes: hashes.slice(part.start, part.end).flat().join("") };
    const segment = writeSegment(content.stored.slice(part.start, part.end), anchor);
    await session.segments.save(id, segment, { metadata, expiresAt: null });
    ids.push(id);
    anchor = lastUuid(content.entries.slice(part.start, part.end)) ?? anchor;
  }
  return { ids, end };
}

/** Divides the entries into ranges, one for each segment. */
function partsOf(hashes: readonly (readonly string[])[]): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let count = 0;
  for (const [index, { length }] of hashes.entries()) {
    const part = parts.at(-1);
    if (part === undefined || count + length > MAX_HASHES) {
      parts.push({ start: index, end: index + 1 });
      count = length;
    } else {
      part.end = index + 1;
      count += length;
    }
  }
  return parts;
}

function lastUuid(entries: readonly SessionStoreEntry[]): string | undefined {
  return entries.findLast(({ uuid }) => uuid !== undefined)?.uuid;
}

async function deleteSegments({ session }: TranscriptLocation, ids: readonly string[]): Promise<void> {
  // Those that could not be deleted are deleted with the transcript.
  await Promise.allSettled(ids.map((id) => session.segments.delete(id)));
}

/** Adds the hashes of the entries in the segments to `known`. Reads none of their contents. */
export async function addSegmentHashes(
  location: TranscriptLocation,
  segments: readonly string[],
  known: Set<string>,
): Promise<void> {
  const found = segments.length <= FEW_SEGMENTS ? findEach(location, segments) : findAll(location, segments);
  for await (const segment of found) {
    const hashes = segment?.metadata?.["hashes"] ?? "";
    for (let start = 0; start < hashes.length; start += HASH_LENGTH) {
      known.add(hashes.slice(start, start + HASH_LENGTH));
    }
  }
}

async function* findEach(
  { session }: TranscriptLocation,
  segments: readonly string[],
): AsyncGenerator<FoundThread | undefined> {
  for (const id of segments) yield findThread(session.segments, id);
}

async function* findAll(
  { session, segmentPrefix }: TranscriptLocation,
  segments: readonly string[],
): AsyncGenerator<FoundThread> {
  const ids = new Set(segments);
  for await (const segment of session.segments.list({ prefix: segmentPrefix, metadata: true, limit: 1000 })) {
    if (ids.has(segment.id)) yield segment;
  }
}

/**
 * Loads the entries of segments, in order. Resolves with the path of the first segment that does not exist, if there
 * is one.
 */
export async function loadSegments(
  { session }: TranscriptLocation,
  segments: readonly string[],
): Promise<SessionStoreEntry[] | { readonly missing: string }> {
  const entries: SessionStoreEntry[] = [];
  for (let start = 0; start < segments.length; start += CONCURRENCY) {
    const ids = segments.slice(start, start + CONCURRENCY);
    const loaded = await Promise.all(ids.map((id) => session.segments.load(id)));
    for (const [index, segment] of loaded.entries()) {
      const path = memberPath("$.segments", start + index);
      if (segment === undefined) return { missing: path };
      for (const entry of readSegment(segment.thread, path)) entries.push(entry);
    }
  }
  return entries;
}
