import type { ThreadMetadata, Version } from "@threadstore/core";
import { type Entry, hashesOf, type Identity } from "./entry.ts";

/** The facts about a transcript that an append needs, without its contents. */
export interface TranscriptState {
  /** `undefined` if the thread does not exist. */
  readonly version: Version | undefined;
  readonly metadata: ThreadMetadata | undefined;
  /** The length of the entries in the thread itself, in bytes of UTF-8. */
  readonly size: number;
  /** The `uuid` of the last entry that has one. */
  readonly anchor: string | undefined;
  readonly segments: readonly string[];
  /** The hashes of all entries, those in segments included. An append adds to it. */
  readonly known: Set<string>;
}

export function emptyState(): TranscriptState {
  const known = new Set<string>();
  return { version: undefined, metadata: undefined, size: 0, anchor: undefined, segments: [], known };
}

/**
 * Returns the hashes that are known of a transcript with these segments, and the segments whose hashes must be read.
 * Segments have unique ids, so the hashes in an earlier state with some of them are those of the same session, and not
 * of one that was deleted.
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

export interface AddedEntries {
  readonly entries: readonly Entry[];
  readonly identities: readonly Identity[];
}

/** Returns the entries that are neither in the transcript nor earlier in the batch. */
export function newEntries(
  { known }: TranscriptState,
  entries: readonly Entry[],
  identities: readonly Identity[],
): AddedEntries {
  const inBatch = new Set<string>();
  const indices = [...entries.keys()].filter((index) => {
    const { uuid, after, before } = identities[index] ?? {
      uuid: undefined,
      after: undefined,
      before: undefined,
    };
    const hash = uuid ?? after ?? before;
    if (hash === undefined) return true;
    const isNew = !known.has(hash) && !inBatch.has(hash);
    inBatch.add(hash);
    return isNew;
  });
  return {
    entries: indices.flatMap((index) => entries[index] ?? []),
    identities: indices.flatMap((index) => identities[index] ?? []),
  };
}
