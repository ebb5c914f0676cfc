import type { ListedRecord, PageRequest, RecordPage } from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import {
  compareEntries,
  type IndexEntry,
  type IndexReader,
  indexReaders,
  positionOf,
} from "./index-readers.ts";
import type { Bucket } from "./keys.ts";
import { versionOf } from "./records.ts";
import { tailsScript } from "./scripts.ts";

interface FoundRecord {
  readonly entry: IndexEntry;
  readonly record: ListedRecord;
}

/** Reads a page in the order of the request, merged from all buckets of a namespace. */
export async function listRecords(
  connection: Connection,
  buckets: Bucket[],
  page: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const { limit, order } = page;
  const prefix = Buffer.from(page.prefix);
  const readers = indexReaders(connection, buckets, page, signal);
  const found: FoundRecord[] = [];
  let examined: IndexEntry | undefined;
  // One record more than the page holds shows whether another page follows. Expired records do not count.
  while (found.length <= limit) {
    const entries = await nextEntries(readers, limit + 1 - found.length);
    examined = entries.at(-1);
    if (examined === undefined) break;
    const matching = entries.filter(({ id }) => id.subarray(0, prefix.length).equals(prefix));
    found.push(...(await readTails(connection, matching, signal)));
    // The index by recency has no range of ids. Core continues from a short page.
    if (order === "updated" && prefix.length > 0) break;
  }
  const last = found.length > limit ? found[limit - 1]?.entry : examined;
  return {
    records: found.slice(0, limit).map(({ record }) => record),
    next: last && positionOf(last, order),
  };
}

/** Takes the next `count` index entries of all buckets, in order. */
async function nextEntries(readers: readonly IndexReader[], count: number): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  // An equal share for each bucket, and a few more, so that few buckets are read twice.
  const share = Math.ceil(count / readers.length) + 8;
  while (entries.length < count) {
    const empty = readers.filter(({ entries: unread, atEnd }) => unread.length === 0 && !atEnd);
    await Promise.all(empty.map((reader) => reader.read(share)));
    const entry = readerOfFirst(readers)?.entries.shift();
    if (entry === undefined) break;
    entries.push(entry);
  }
  return entries;
}

function readerOfFirst(readers: readonly IndexReader[]): IndexReader | undefined {
  let first: { readonly reader: IndexReader; readonly entry: IndexEntry } | undefined;
  for (const reader of readers) {
    const [entry] = reader.entries;
    if (entry === undefined) continue;
    if (first === undefined || compareEntries(entry, first.entry) < 0) first = { reader, entry };
  }
  return first?.reader;
}

/** Reads the ends of records with one command per bucket. Keeps the order, and skips records that no longer exist. */
async function readTails(
  connection: Connection,
  entries: readonly IndexEntry[],
  signal: AbortSignal,
): Promise<FoundRecord[]> {
  const entriesByBucket = Map.groupBy(entries, ({ bucket }) => bucket);
  const records = new Map<IndexEntry, ListedRecord>();
  await Promise.all(
    [...entriesByBucket].map(async ([bucket, bucketEntries]) => {
      const ids = bucketEntries.map(({ id }) => id);
      const keys = [bucket.index, bucket.recencyIndex, ...ids.map((id) => bucket.record(id))];
      const reply = await connection.script(tailsScript, keys, ids, signal);
      for (const [position, versionAndTail] of (reply as ([Buffer, Buffer] | null)[]).entries()) {
        const entry = bucketEntries[position];
        if (entry === undefined || versionAndTail === null) continue;
        const version = versionOf(versionAndTail[0]);
        records.set(entry, { id: entry.id.toString(), version, tail: versionAndTail[1], nonce: version });
      }
    }),
  );
  return entries.flatMap((entry) => {
    const record = records.get(entry);
    return record === undefined ? [] : [{ entry, record }];
  });
}
