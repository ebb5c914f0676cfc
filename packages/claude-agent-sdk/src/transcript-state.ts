import type { ThreadMetadata, Version } from "@threadstore/core";
import { EMPTY_END, hashesOf, type IdentifiedEntry, type Identity, type TranscriptEnd } from "./identity.ts";

/** The facts about a transcript that an append needs, without its contents. */
export interface TranscriptState {
  /** `undefined` if the thread does not exist. */
  readonly version: Version | undefined;
  readonly metadata: ThreadMetadata | undefined;
  /** The length of the entries in the thread itself, in bytes of UTF-8. */
  readonly size: number;
  readonly end: TranscriptEnd;
  readonly segments: readonly string[];
  /** The hashes of all entries, including those in segments. An append adds to them. */
  readonly known: Set<string>;
}

export function emptyState(): TranscriptState {
  const known = new Set<string>();
  return { version: undefined, metadata: undefined, size: 0, end: EMPTY_END, segments: [], known };
}

/**
 * Returns the known hashes of a transcript with these segments, and the segments whose hashes must be read. Segments have
 * unique ids, so an earlier state with some of them belongs to the same session, and not to one that was deleted.
 */
export function knownHashes(
  earlier: TranscriptState | undefined,
  segments: readonly string[],
): { readonly known: Set<string>; readonly unread: readonly string[] } {
  const count = earlier?.segments.length ?? 0;
  if (earlier === undefined || count === 0 || earlier.segments.some((id, index) => id !== segments[index])) {
    return { known: new Set(), unread: segments };
  }
  return { known: earlier.known, unread: segments.slice(count) };
}

export function addHashes(known: Set<string>, identity: Identity): void {
  for (const hash of hashesOf(identity)) known.add(hash);
}

/** Returns the entries that are neither in the transcript nor earlier in the batch. */
export function newEntries(
  { known }: TranscriptState,
  entries: readonly IdentifiedEntry[],
): IdentifiedEntry[] {
  const inBatch = new Set<string>();
  return entries.filter(({ identity: { uuid, after, before } }) => {
    const hash = uuid ?? after ?? before;
    if (hash === undefined) return true;
    const isNew = !known.has(hash) && !inBatch.has(hash);
    inBatch.add(hash);
    return isNew;
  });
}

/** An append that was rejected, although it may have been applied. The SDK then repeats it. */
export interface UnresolvedAppend {
  readonly digest: string;
  readonly key: string;
}

export interface AppendAttempt {
  /** The idempotency key, by which the store recognizes a repetition. */
  readonly key: string;
  /** Whether an earlier attempt may have been applied. */
  readonly isRepetition: boolean;
  /** Whether to move the entries that the thread has to a segment, whatever their size. */
  readonly mustMove: boolean;
}
