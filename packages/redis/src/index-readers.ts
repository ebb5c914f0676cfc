import { formatRecency, idRange, type PageRequest, parseRecency } from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import type { Bucket } from "./keys.ts";

/** An entry of an index. Entries are in ascending order of their scores, and of their ids' bytes. */
export interface IndexEntry {
  readonly id: Buffer;
  /** In the index by recency, the negated time of the latest save; in that of ids, 0. */
  readonly score: number;
  readonly bucket: Bucket;
}

/** How far a listing has read one index of a bucket. */
export interface IndexReader {
  /** Entries that were read and are not on the page yet. */
  entries: IndexEntry[];
  atEnd: boolean;
  /** Reads about `count` more entries in one command. */
  readonly read: (count: number) => Promise<void>;
}

/** Returns readers of the index that has the order of the page, from the position where the page begins. */
export function indexReaders(
  connection: Connection,
  buckets: readonly Bucket[],
  page: PageRequest,
  signal: AbortSignal,
): IndexReader[] {
  const open = { id: idReader, updated: recencyReader }[page.order];
  return buckets.map((bucket) => open(connection, bucket, page, signal));
}

/** Returns the position of an entry as the `next` of a page. */
export function positionOf({ id, score }: IndexEntry, order: PageRequest["order"]): string {
  return order === "updated" ? formatRecency({ updatedAt: -score, id: id.toString() }) : id.toString();
}

export function compareEntries(left: IndexEntry, right: IndexEntry): number {
  return left.score - right.score || left.id.compare(right.id);
}

function idReader(
  connection: Connection,
  bucket: Bucket,
  page: PageRequest,
  signal: AbortSignal,
): IndexReader {
  const [first, end] = idRange(page);
  const upperBound = exclusiveBound(end);
  let lowerBound: Buffer = Buffer.concat([Buffer.from("["), first]);
  const reader: IndexReader = {
    entries: [],
    atEnd: false,
    async read(count) {
      const range = [bucket.index, lowerBound, upperBound, "LIMIT", "0", String(count)];
      const ids = (await connection.command("zrangebylex", range, signal)) as Buffer[];
      reader.entries = ids.map((id) => ({ id, score: 0, bucket }));
      reader.atEnd = ids.length < count;
      const last = ids.at(-1);
      if (last !== undefined) lowerBound = exclusiveBound(last);
    },
  };
  return reader;
}

function exclusiveBound(id: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("("), id]);
}

/**
 * Redis can continue after a score, but not after a member of that score: entries of the position's score that precede
 * it are read again. If they fill a reply, the next one is twice as long.
 */
function recencyReader(
  connection: Connection,
  bucket: Bucket,
  { after }: PageRequest,
  signal: AbortSignal,
): IndexReader {
  const start = parseRecency(after);
  let position: IndexEntry | undefined = start && {
    score: -start.updatedAt,
    id: Buffer.from(start.id),
    bucket,
  };
  const follows = (entry: IndexEntry): boolean =>
    position === undefined || compareEntries(entry, position) > 0;
  const reader: IndexReader = {
    entries: [],
    atEnd: false,
    async read(count) {
      for (let limit = count; reader.entries.length === 0 && !reader.atEnd; limit *= 2) {
        const from = position === undefined ? "-inf" : String(position.score);
        const range = [bucket.recencyIndex, from, "+inf", "WITHSCORES", "LIMIT", "0", String(limit)];
        const reply = (await connection.command("zrangebyscore", range, signal)) as unknown[];
        const entries = entriesIn(reply, bucket);
        reader.atEnd = entries.length < limit;
        reader.entries = entries.filter(follows);
      }
      position = reader.entries.at(-1) ?? position;
    },
  };
  return reader;
}

/** Members and scores alternate. With `replyMapping: "resp3"`, a client returns each pair as an array. */
function entriesIn(reply: readonly unknown[], bucket: Bucket): IndexEntry[] {
  const flat = reply.flat() as (Buffer | number)[];
  const entries: IndexEntry[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const id = flat[index];
    if (Buffer.isBuffer(id)) entries.push({ id, score: Number(flat[index + 1]), bucket });
  }
  return entries;
}
