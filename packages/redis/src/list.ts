import {
  type ListedRecord,
  idRange,
  type PageRequest,
  type RecordPage,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import type { Bucket } from "./keys.ts";
import { versionOf } from "./records.ts";
import { tailsScript } from "./scripts.ts";

interface IndexEntry {
  readonly id: Buffer;
  readonly bucket: Bucket;
}

/** How far a listing has read the index of a bucket. */
interface IndexReader {
  readonly bucket: Bucket;
  /** The bounds of the next `ZRANGEBYLEX`. */
  lowerBound: Buffer;
  readonly upperBound: Buffer;
  /** Ids that were read and are not on the page yet. */
  ids: Buffer[];
  atEnd: boolean;
}

/** Reads a page in ascending byte order of the ids, merged from all buckets of a namespace. */
export async function listRecords(
  connection: Connection,
  buckets: Bucket[],
  { limit, ...page }: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const [first, end] = idRange(page);
  const [lowerBound, upperBound] = [Buffer.concat([Buffer.from("["), first]), exclusiveBound(end)];
  const readers = buckets.map((bucket): IndexReader => ({
    bucket,
    lowerBound,
    upperBound,
    ids: [],
    atEnd: false,
  }));
  const records: ListedRecord[] = [];
  // One record more than the page holds shows whether another page follows. Expired records do not count.
  for (;;) {
    const entries = await nextEntries(connection, readers, limit + 1 - records.length, signal);
    if (entries.length === 0) return { records, next: undefined };
    records.push(...(await readTails(connection, entries, signal)));
    if (records.length > limit) return { records: records.slice(0, limit), next: records[limit - 1]?.id };
  }
}

/** Takes the next `count` index entries of all buckets, in order. */
async function nextEntries(
  connection: Connection,
  readers: IndexReader[],
  count: number,
  signal: AbortSignal,
): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  // An equal share for each bucket, and a few more, so that few buckets are read twice.
  const share = Math.ceil(count / readers.length) + 8;
  while (entries.length < count) {
    await Promise.all(
      readers
        .filter(({ ids, atEnd }) => ids.length === 0 && !atEnd)
        .map((reader) => readIndex(connection, reader, share, signal)),
    );
    const first = readerWithSmallestId(readers);
    if (first === undefined) break;
    const id = first.ids.shift();
    if (id !== undefined) entries.push({ id, bucket: first.bucket });
  }
  return entries;
}

async function readIndex(
  connection: Connection,
  reader: IndexReader,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const range = [reader.bucket.index, reader.lowerBound, reader.upperBound, "LIMIT", "0", String(count)];
  reader.ids = (await connection.command("zrangebylex", range, signal)) as Buffer[];
  reader.atEnd = reader.ids.length < count;
  const last = reader.ids.at(-1);
  if (last !== undefined) reader.lowerBound = exclusiveBound(last);
}

function readerWithSmallestId(readers: IndexReader[]): IndexReader | undefined {
  let smallest: IndexReader | undefined;
  for (const reader of readers) {
    const [id] = reader.ids;
    const [smallestId] = smallest?.ids ?? [];
    if (id !== undefined && (smallestId === undefined || id.compare(smallestId) < 0)) smallest = reader;
  }
  return smallest;
}

/** Reads the ends of records with one command per bucket. Keeps the order, and skips records that no longer exist. */
async function readTails(
  connection: Connection,
  entries: IndexEntry[],
  signal: AbortSignal,
): Promise<ListedRecord[]> {
  const entriesByBucket = Map.groupBy(entries, ({ bucket }) => bucket);
  const records = new Map<Buffer, ListedRecord>();
  await Promise.all(
    [...entriesByBucket].map(async ([bucket, bucketEntries]) => {
      const ids = bucketEntries.map(({ id }) => id);
      const keys = [bucket.index, ...ids.map((id) => bucket.record(id))];
      const reply = await connection.script(tailsScript, keys, [String(TRAILER_MAX_BYTES), ...ids], signal);
      for (const [position, versionAndTail] of (reply as ([Buffer, Buffer] | null)[]).entries()) {
        const id = ids[position];
        if (id === undefined || versionAndTail === null) continue;
        const version = versionOf(versionAndTail[0]);
        records.set(id, { id: id.toString(), version, tail: versionAndTail[1], nonce: version });
      }
    }),
  );
  return entries.flatMap(({ id }) => records.get(id) ?? []);
}

function exclusiveBound(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from("("), id]);
}
