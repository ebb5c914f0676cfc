import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { canonicalJson, type JsonObject, textDigest } from "@threadstore/core/documents";
import type { Entry } from "./entry.ts";

/** The hashes by which an entry is recognized. An entry with a `uuid` does not have `after` and `before`. */
export interface Identity {
  readonly uuid: string | undefined;
  /** For an entry without a `uuid`: its content, and its position after the preceding entry with a `uuid`. */
  readonly after: string | undefined;
  /** For an entry without a `uuid`: its content, and its position before the following entry with a `uuid`. */
  readonly before: string | undefined;
  /** For the first entry with a `uuid`: the `before` hashes of the entries since the anchor, which precede the list. */
  readonly beforeOfPreceding: readonly string[];
}

export interface IdentifiedEntry extends Entry {
  readonly identity: Identity;
}

/** The end of a transcript, as far as it identifies the entries that follow. */
export interface TranscriptEnd {
  /** The `uuid` of the last entry that has one. */
  readonly anchor: string | undefined;
  /** How often each content occurs after the anchor, or since the beginning if there is none. */
  readonly sinceAnchor: ReadonlyMap<string, number>;
}

export const EMPTY_END: TranscriptEnd = { anchor: undefined, sinceAnchor: new Map() };

/** 72 bits: of 10^10 sessions with a million entries, one has two entries with the same hash. */
export const HASH_LENGTH = 12;
/** The maximum sum of the counts in `sinceAnchor`, which is stored and read with the thread. */
export const MAX_SINCE_ANCHOR = 250;
/** Contents with more characters are replaced by their digest. */
const MAX_CONTENT_LENGTH = 100;

/**
 * Returns the identities of consecutive entries, and the end of the transcript after them. An entry without a `uuid` is
 * identified by its content and its neighbors, so that a repeated batch is recognized, and an equal entry elsewhere is
 * not taken for it. The identities do not depend on how a transcript is divided.
 *
 * @param start The end of the transcript before the entries.
 */
export function identify(
  entries: readonly SessionStoreEntry[],
  start: TranscriptEnd = EMPTY_END,
): { readonly identities: readonly Identity[]; readonly end: TranscriptEnd } {
  const contents = entries.map((entry) => (entry.uuid === undefined ? contentOf(entry) : ""));
  const after = neighborHashes(entries, contents, "after", start);
  const before = neighborHashes(entries.toReversed(), contents.toReversed(), "before").toReversed();
  const first = entries.findIndex(({ uuid }) => uuid !== undefined);
  const identities = entries.map(({ uuid }, index) => ({
    uuid: uuid === undefined ? undefined : hash(`uuid:${uuid}`),
    after: after[index],
    before: before[index],
    beforeOfPreceding:
      uuid !== undefined && index === first ? precedingHashes(uuid, contents.slice(0, index), start) : [],
  }));
  return { identities, end: endAfter(entries, contents, start) };
}

/** Returns the entries of a batch with their identities in it. */
export function identifyBatch(entries: readonly Entry[]): IdentifiedEntry[] {
  const { identities } = identify(entries.map(({ value }) => value));
  return identities.flatMap((identity, index) =>
    entries.slice(index, index + 1).map((entry) => ({ ...entry, identity })),
  );
}

/** Returns the hashes of an identity. */
export function hashesOf({ uuid, after, before, beforeOfPreceding }: Identity): string[] {
  return [uuid, after, before, ...beforeOfPreceding].filter((each) => each !== undefined);
}

function contentOf(entry: SessionStoreEntry): string {
  const content = canonicalJson(entry as JsonObject);
  // JSON begins with a brace, so it cannot be confused with a digest.
  return content.length <= MAX_CONTENT_LENGTH && content.isWellFormed() ? content : textDigest(content);
}

function neighborHashes(
  entries: readonly SessionStoreEntry[],
  contents: readonly string[],
  side: "after" | "before",
  { anchor, sinceAnchor } = EMPTY_END,
): (string | undefined)[] {
  let neighbor = anchor;
  const counts = new Map(sinceAnchor);
  return entries.map(({ uuid }, index) => {
    if (uuid !== undefined) {
      neighbor = uuid;
      counts.clear();
      return undefined;
    }
    const content = contents[index] ?? "";
    const count = counts.get(content) ?? 0;
    counts.set(content, count + 1);
    return neighbor === undefined ? undefined : neighborHash(side, neighbor, count, content);
  });
}

/**
 * Returns the `before` hashes of the contents since the anchor, relative to an entry. `contents` stand between these and
 * the entry.
 */
function precedingHashes(
  uuid: string,
  contents: readonly string[],
  { sinceAnchor }: TranscriptEnd,
): string[] {
  const counts = countContents(contents);
  return [...sinceAnchor].flatMap(([content, count]) =>
    Array.from({ length: count }, (_, index) =>
      neighborHash("before", uuid, (counts.get(content) ?? 0) + index, content),
    ),
  );
}

function endAfter(
  entries: readonly SessionStoreEntry[],
  contents: readonly string[],
  start: TranscriptEnd,
): TranscriptEnd {
  const last = entries.findLastIndex(({ uuid }) => uuid !== undefined);
  const anchor = entries[last]?.uuid ?? start.anchor;
  const counts = countContents(contents.slice(last + 1), last === -1 ? start.sinceAnchor : undefined);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { anchor, sinceAnchor: total > MAX_SINCE_ANCHOR ? new Map() : counts };
}

function countContents(
  contents: readonly string[],
  start?: ReadonlyMap<string, number>,
): Map<string, number> {
  const counts = new Map(start);
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1);
  return counts;
}

function neighborHash(side: "after" | "before", neighbor: string, count: number, content: string): string {
  return hash(JSON.stringify([side, neighbor, count, content]));
}

function hash(text: string): string {
  return textDigest(text).slice(0, HASH_LENGTH);
}
