import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import type { JsonValue, SerializedThread } from "@threadstore/core";
import {
  isJsonObject,
  memberPath,
  readEnvelope,
  THREAD_FORMAT,
  type JsonObject,
} from "@threadstore/core/documents";
import { readEntries } from "./entry.ts";
import { EMPTY_END, MAX_SINCE_ANCHOR, type TranscriptEnd } from "./identity.ts";
import { envelopeError, invalidThread } from "./session-store-error.ts";

// The README specifies the format. Every later version must read the files in src/golden.
const VERSION = 1;
const TRANSCRIPT = "claude-agent-transcript";
const SEGMENT = "claude-agent-segment";

/** The content of a transcript's thread: where its older entries are, and its latest entries. */
export interface TranscriptContent {
  /** The ids of the threads with the older entries, in order. */
  readonly segments: readonly string[];
  /** The end of the older entries. */
  readonly end: TranscriptEnd;
  readonly entries: readonly SessionStoreEntry[];
  /** The entries as they are stored. */
  readonly stored: readonly JsonValue[];
  /** Members of the thread that this version does not know. They are written back unchanged. */
  readonly extra: JsonObject;
}

export const EMPTY_CONTENT: TranscriptContent = {
  segments: [],
  end: EMPTY_END,
  entries: [],
  stored: [],
  extra: {},
};

/** Serializes a transcript. `entries` come last, so that a store can append to them. */
export function writeTranscript({ segments, end, stored, extra }: TranscriptContent): SerializedThread {
  return {
    format: THREAD_FORMAT,
    version: VERSION,
    kind: TRANSCRIPT,
    ...extra,
    segments: [...segments],
    ...anchorMember(end.anchor),
    ...(end.sinceAnchor.size === 0 ? {} : { sinceAnchor: Object.fromEntries(end.sinceAnchor) }),
    entries: [...stored],
  };
}

/** Serializes older entries of a transcript. */
export function writeSegment(stored: readonly JsonValue[], anchor: string | undefined): SerializedThread {
  return {
    format: THREAD_FORMAT,
    version: VERSION,
    kind: SEGMENT,
    ...anchorMember(anchor),
    entries: [...stored],
  };
}

/**
 * Reads a stored transcript, which is untrusted. Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another
 * kind of thread, or `THREAD_TOO_NEW`.
 */
export function readTranscript(thread: SerializedThread): TranscriptContent {
  const { segments, anchor, sinceAnchor = {}, entries, ...extra } = membersOf(thread, TRANSCRIPT);
  if (!Array.isArray(segments)) throw invalidThread("$.segments", "an array", segments);
  const ids = segments.map((id, index) => {
    if (typeof id === "string" && id !== "") return id;
    throw invalidThread(memberPath("$.segments", index), "the id of a segment", id);
  });
  if (anchor !== undefined && typeof anchor !== "string") throw invalidThread("$.anchor", "a string", anchor);
  const read = readEntries(entries, "$.entries");
  const end = { anchor, sinceAnchor: readCounts(sinceAnchor, "$.sinceAnchor") };
  return { segments: ids, end, entries: read, stored: entries as JsonValue[], extra };
}

/** Reads the entries of a stored segment, as {@link readTranscript}. `path` is its path in the transcript. */
export function readSegment(thread: SerializedThread, path: string): SessionStoreEntry[] {
  return readEntries(membersOf(thread, SEGMENT)["entries"], `${path}.entries`);
}

function readCounts(counts: JsonValue, path: string): ReadonlyMap<string, number> {
  if (!isJsonObject(counts)) throw invalidThread(path, "an object", counts);
  let total = 0;
  const entries = Object.entries(counts).map(([content, count]): [string, number] => {
    const isCount = typeof count === "number" && Number.isSafeInteger(count) && count >= 1;
    total += isCount ? count : 0;
    if (isCount && total <= MAX_SINCE_ANCHOR) return [content, count];
    throw invalidThread(path, `positive integers of at most ${MAX_SINCE_ANCHOR} in total`);
  });
  return new Map(entries);
}

function membersOf(thread: SerializedThread, kind: string): JsonObject {
  return readEnvelope(thread, {
    kinds: { [kind]: VERSION },
    packageName: "@threadstore/claude-agent-sdk",
    error: envelopeError,
  }).members;
}

function anchorMember(anchor: string | undefined): JsonObject {
  return anchor === undefined ? {} : { anchor };
}
