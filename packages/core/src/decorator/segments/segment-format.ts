import type { JsonValue, ThreadMetadata, Version } from "../../thread-store.ts";

/** Which thread a segment belongs to, as callers of the decorator see it. */
export interface SegmentLocation {
  /**
   * The namespace: its levels, escaped and joined by slashes; empty for the store itself. Includes those of a view that
   * the decorator was applied to, as far as the inner store says so.
   */
  readonly namespace: string;
  readonly id: string;
}

/**
 * A thread's JSON as a change to the JSON before it: its first `keep` code units, then `text`, then its last `tail` code
 * units. Never separates a surrogate pair. The first segment of a log changes the empty text.
 */
export interface Splice {
  readonly keep: number;
  readonly text: string;
  readonly tail: number;
}

/** What a change replaces. */
export interface ReplacedThread {
  readonly version: Version;
  readonly updatedAt: Date;
  /** The length of its JSON in bytes of UTF-8. */
  readonly size: number;
}

/** The end of a log as it is stored in the metadata of its thread. */
export interface StoredHead {
  /** What `head` returned after the last segment. */
  readonly head: string;
  /** The outline that was passed to `start` or `write` with the last segment. */
  readonly outline: string;
}

/** A log as it is stored. */
export interface StoredLog extends StoredHead {
  /** What `header` returned for the log. */
  readonly header: JsonValue;
  /** What `start` and `write` returned, in order. */
  readonly segments: readonly JsonValue[];
}

/** The segments that were written, and the log after them. */
export interface WrittenSegments<Log> {
  readonly log: Log;
  readonly segments: readonly JsonValue[];
}

/** A decoded log. */
export interface ReadLog<Log> {
  readonly log: Log;
  /** The changes that lead to the current thread, in order. */
  readonly splices: readonly Splice[];
}

/** A thread to encode as a whole. */
export interface WholeThread {
  readonly json: string;
  /** The size of the thread and where it can be appended to: a few digits, stored beside the head. */
  readonly outline: string;
}

/** The change of a save or an append. */
export interface ThreadChange {
  readonly splice: Splice;
  /** The outline of the thread after the change. */
  readonly outline: string;
  readonly replaced: ReplacedThread;
}

/** A log that a save replaces with a new one. */
export interface ReplacedLog<Log> {
  readonly log: Log;
  /** Returns the log as it is stored. */
  readonly stored: () => StoredLog;
  readonly thread: ReplacedThread;
}

/**
 * How a decorator stores threads as logs: each save adds a segment, so that the inner store writes only what was added.
 * `segmentedOperations` implements the operations of such a decorator; this interface is what differs between encryption,
 * compression and history. A `Log` describes the end of a log, is immutable, and is all that is needed to continue it.
 *
 * The inner store contains `{"<name>": <header>, "segments": [...]}`, and the outline and the head in the metadata member
 * `.<name>`. A format that authenticates logs must authenticate the outline, too.
 */
export interface SegmentFormat<Log> {
  /** The name of the decorator, such as `compression`. */
  readonly name: string;
  /**
   * Whether older versions can be read from the segments. If `true`, a save that does not know the replaced thread loads
   * it; otherwise, such a save starts a new log.
   */
  readonly keepsVersions: boolean;
  /**
   * Encodes a whole thread as a new log: for the first save, a save that replaces an unknown version, or a full log.
   * `replaced` is the log that is replaced, if it is known.
   */
  start(
    location: SegmentLocation,
    thread: WholeThread,
    replaced: ReplacedLog<Log> | undefined,
  ): Promise<WrittenSegments<Log>>;
  /** Returns whether the next save must start a new log: it has too many segments, or an old key. */
  isFull(log: Log): boolean;
  /** Encodes the next segment. */
  write(log: Log, change: ThreadChange): Promise<WrittenSegments<Log>>;
  /**
   * Returns the log that ends with this head, without its segments, for an append that does not load the thread.
   * Resolves with `undefined` if that is not possible; the thread is then loaded. Rejects with `CORRUPT`.
   */
  resume(location: SegmentLocation, end: StoredHead): Promise<Log | undefined>;
  /** Decodes and verifies a whole log. Rejects with `CORRUPT`. */
  read(location: SegmentLocation, stored: StoredLog): Promise<ReadLog<Log>>;
  /**
   * Called for a thread that was stored without this decorator. Throws `CORRUPT` unless the format accepts such threads;
   * their next save starts a log.
   */
  acceptPlainThread(location: SegmentLocation): void;
  /** Returns the header, which is the same for all segments of a log. */
  header(log: Log): JsonValue;
  /** Returns the head: printable ASCII without spaces, and as short as possible, because each save writes it. */
  head(log: Log): string;
  readonly metadata: MetadataFormat;
}

/** How metadata, without the head, are stored. `PLAIN_METADATA` stores them as they are. */
export interface MetadataFormat {
  /** Whether the inner store can filter by the stored members. Otherwise, listings filter what they decode. */
  readonly isPlain: boolean;
  encode(location: SegmentLocation, metadata: ThreadMetadata): Promise<ThreadMetadata>;
  /** Rejects with `CORRUPT`. */
  decode(location: SegmentLocation, stored: ThreadMetadata): Promise<ThreadMetadata>;
}

/** Stores metadata as they are. */
export const PLAIN_METADATA: MetadataFormat = {
  isPlain: true,
  encode: async (_location, metadata) => metadata,
  decode: async (_location, stored) => stored,
};
