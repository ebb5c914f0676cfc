import { type ListedRecord, type PageRequest, type RecordPage, TRAILER_MAX_BYTES } from "@threadstore/core";
import type { Connection } from "./connection.ts";
import type { Bucket } from "./keys.ts";
import { versionOf } from "./records.ts";
import { tailsScript } from "./scripts.ts";

interface ListedId {
  readonly id: Buffer;
  readonly bucket: Bucket;
}

/** How far the listing has got in a bucket. */
interface Place {
  readonly bucket: Bucket;
  /** Where `ZRANGEBYLEX` goes on. */
  start: Buffer;
  /** Ids that were read and not yet taken. */
  ids: Buffer[];
  done: boolean;
}

/** A page in the order of the ids' bytes, merged from all buckets of a namespace. */
export async function listRecords(
  connection: Connection,
  buckets: Bucket[],
  { after, limit }: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const start = after === undefined ? Buffer.from("-") : behind(Buffer.from(after));
  const places = buckets.map((bucket): Place => ({ bucket, start, ids: [], done: false }));
  const records: ListedRecord[] = [];
  // One more than the page holds tells whether another follows. Ids of records that have expired count for nothing.
  for (;;) {
    const ids = await nextIds(connection, places, limit + 1 - records.length, signal);
    if (ids.length === 0) return { records, next: undefined };
    records.push(...(await tailsOf(connection, ids, signal)));
    if (records.length > limit) return { records: records.slice(0, limit), next: records[limit - 1]?.id };
  }
}

async function nextIds(
  connection: Connection,
  places: Place[],
  count: number,
  signal: AbortSignal,
): Promise<ListedId[]> {
  const taken: ListedId[] = [];
  // A fair share, and some for chance: the buckets are hardly ever asked twice.
  const share = Math.ceil(count / places.length) + 8;
  while (taken.length < count) {
    await Promise.all(
      places
        .filter(({ ids, done }) => ids.length === 0 && !done)
        .map((place) => refill(connection, place, share, signal)),
    );
    const first = smallest(places);
    if (first === undefined) break;
    const id = first.ids.shift();
    if (id !== undefined) taken.push({ id, bucket: first.bucket });
  }
  return taken;
}

async function refill(
  connection: Connection,
  place: Place,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const range = [place.bucket.index, place.start, "+", "LIMIT", "0", String(count)];
  place.ids = (await connection.command("zrangebylex", range, signal)) as Buffer[];
  place.done = place.ids.length < count;
  const last = place.ids.at(-1);
  if (last !== undefined) place.start = behind(last);
}

function smallest(places: Place[]): Place | undefined {
  let best: Place | undefined;
  for (const place of places) {
    const [id] = place.ids;
    const [bestId] = best?.ids ?? [];
    if (id !== undefined && (bestId === undefined || id.compare(bestId) < 0)) best = place;
  }
  return best;
}

/** The records of ids, in their order; without those that are gone. One command a bucket. */
async function tailsOf(
  connection: Connection,
  listed: ListedId[],
  signal: AbortSignal,
): Promise<ListedRecord[]> {
  const groups = Map.groupBy(listed, ({ bucket }) => bucket);
  const records = new Map<Buffer, ListedRecord>();
  await Promise.all(
    [...groups].map(async ([bucket, members]) => {
      const ids = members.map(({ id }) => id);
      const keys = [bucket.index, ...ids.map((id) => bucket.record(id))];
      const reply = await connection.script(tailsScript, keys, [String(TRAILER_MAX_BYTES), ...ids], signal);
      for (const [position, found] of (reply as ([Buffer, Buffer] | null)[]).entries()) {
        const id = ids[position];
        if (id === undefined || found === null) continue;
        const [version, tail] = found;
        records.set(id, { id: id.toString(), version: versionOf(version), tail });
      }
    }),
  );
  return listed.flatMap(({ id }) => records.get(id) ?? []);
}

function behind(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from("("), id]);
}
