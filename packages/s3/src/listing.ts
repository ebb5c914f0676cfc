import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { type ListedRecord, type PageRequest, type RecordPage, TRAILER_MAX_BYTES } from "@threadstore/core";
import { type Bucket, once } from "./client.ts";
import { folderOf, idOf, keyOf } from "./keys.ts";
import { getObject, type ReadObject, versionOf } from "./objects.ts";
import { isTombstone } from "./tombstone.ts";

const inParallel = 16;
const keysMax = 1000;

export interface Listing {
  readonly bucket: Bucket;
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** Called for each tombstone on the way. */
  readonly bury: (key: string, tombstone: ReadObject) => Promise<void>;
}

/**
 * A page of a namespace: the keys from the bucket's listing, and the end of each object by a request of its
 * own. One record more than asked for is looked at, so that `next` is right even when only tombstones follow.
 */
export async function listRecords(listing: Listing, { after, limit }: PageRequest): Promise<RecordPage> {
  const { bucket, namespace, signal } = listing;
  const { client, name, prefix } = bucket;
  const folder = folderOf(prefix, namespace);
  // A key, and not the service's own token, is where the next page begins: keys last.
  const start = after === undefined ? {} : { StartAfter: keyOf(prefix, { namespace, id: after }) };
  const records: ListedRecord[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: name,
      Prefix: folder,
      MaxKeys: Math.min(limit + 1 - records.length, keysMax),
      ...(token === undefined ? start : { ContinuationToken: token }),
    });
    const page = await client.send(once(command), { abortSignal: signal });
    const found = await mapInParallel(page.Contents ?? [], async ({ Key = "", ETag }) => {
      const id = idOf(Key.slice(folder.length));
      return id === undefined ? undefined : recordAt(listing, Key, id, ETag);
    });
    records.push(...found.filter((record) => record !== undefined));
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined && records.length <= limit);
  return {
    records: records.slice(0, limit),
    next: records.length > limit ? records[limit - 1]?.id : undefined,
  };
}

async function recordAt(
  { bucket, signal, bury }: Listing,
  key: string,
  id: string,
  etag: string | undefined,
): Promise<ListedRecord | undefined> {
  const found = await getObject(bucket, key, { Range: `bytes=-${TRAILER_MAX_BYTES}` }, signal);
  if (found === undefined || found === "unchanged") return undefined;
  if (found === "empty") return { id, version: versionOf(etag), tail: new Uint8Array() };
  if (!isTombstone(found.bytes)) return { id, version: found.version, tail: found.bytes };
  await bury(key, found);
  return undefined;
}

/** A few at a time; after a failure no more begin. */
async function mapInParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()].toReversed();
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [index, item] = next;
      results[index] = await work(item);
    }
  };
  try {
    await Promise.all(Array.from({ length: inParallel }, worker));
  } finally {
    waiting.length = 0;
  }
  return results;
}
