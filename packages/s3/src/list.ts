import { type _Object, ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  DriverError,
  entriesAfter,
  formatRecency,
  keyInTail,
  type ListedRecord,
  type ListingRests,
  DRIVER_CONCURRENCY,
  mapConcurrently,
  type PageRequest,
  readWholeTrailer,
  type RecencyPosition,
  type RecordPage,
} from "@threadstore/core/driver";
import { type Bucket, withoutRetries } from "./client.ts";
import { encodedPrefixesOf, idOf, isHashed, isIdAt, keyOf, namespacePrefixOf } from "./keys.ts";
import { getObject, type ReadObject } from "./objects.ts";
import { isTombstone, type ListedTombstone } from "./tombstones.ts";

/** The most keys that S3 returns in one response. */
export const KEYS_MAX = 1000;

export interface Listing {
  readonly bucket: Bucket;
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** What is left of listings by recency. */
  readonly rests: ListingRests<ObjectAtPosition>;
}

export interface ObjectAtPosition extends RecencyPosition {
  readonly object: _Object;
}

/**
 * Lists a page of a namespace: the keys, and the end of each object with a request per object. It looks at one record
 * more than `limit`, so that `next` is correct even if only tombstones follow.
 */
export async function listRecords(
  listing: Listing,
  page: PageRequest,
): Promise<{ page: RecordPage; tombstones: ListedTombstone[] }> {
  const { limit, order, prefix } = page;
  const following = order === "updated" ? await objectsByRecency(listing, page) : undefined;
  const found: FoundRecord[] = [];
  const tombstones: ListedTombstone[] = [];
  const wanted = (): number => limit + 1 - found.length;
  const keys =
    following === undefined ? listKeysInOrder(listing, page, wanted) : batchesOf(following, wanted);
  for await (const contents of keys) {
    const objects = await mapConcurrently(
      contents,
      async (object) => {
        return { object, record: await readListed(listing, prefix, object) };
      },
      DRIVER_CONCURRENCY,
    );
    for (const { object, record } of objects) {
      if (record === undefined) continue;
      if ("tail" in record) found.push({ object, record });
      else tombstones.push(record);
    }
    if (wanted() === 0) break;
  }
  const last = wanted() === 0 ? found[limit - 1] : undefined;
  if (following === undefined) return { page: pageOf(found, limit, last?.record.id), tombstones };
  const next = last && formatRecency(positionOf(listing, last.object));
  const end = following.findIndex(({ object }) => object === last?.object) + 1;
  listing.rests.keep(listing.namespace, page, { position: next, entries: following.slice(end) });
  return { page: pageOf(found, limit, next), tombstones };
}

function pageOf(found: readonly FoundRecord[], limit: number, next: string | undefined): RecordPage {
  return { records: found.slice(0, limit).map(({ record }) => record), next };
}

interface FoundRecord {
  readonly object: _Object;
  readonly record: ListedRecord;
}

/** Returns the objects that follow the page's `after`, the latest first. Lists all keys with the prefix. */
async function objectsByRecency(listing: Listing, page: PageRequest): Promise<readonly ObjectAtPosition[]> {
  const known = listing.rests.find(listing.namespace, page);
  if (known !== undefined) return known;
  const objects: _Object[] = [];
  const all = { after: undefined, prefix: page.prefix };
  for await (const contents of listKeysInOrder(listing, all, () => KEYS_MAX)) objects.push(...contents);
  return entriesAfter(
    objects.map((object) => ({ object, ...positionOf(listing, object) })),
    page,
  );
}

/** Yields the objects of a page, at most as many as are wanted. */
function* batchesOf(entries: readonly ObjectAtPosition[], wanted: () => number): Generator<_Object[]> {
  for (let read = 0; read < entries.length;) {
    const batch = entries.slice(read, read + wanted());
    read += batch.length;
    yield batch.map(({ object }) => object);
  }
}

/**
 * Returns the position of an object by recency: the time at which the service stored it, and its key in the namespace,
 * which has the order of the id but may not contain it.
 */
function positionOf({ bucket, namespace }: Listing, { Key = "", LastModified }: _Object): RecencyPosition {
  const start = namespacePrefixOf(bucket.prefix, namespace).length;
  return { updatedAt: LastModified?.getTime() ?? 0, id: Key.slice(start) };
}

/** Lists the keys of a page in order, at most as many in a response as `wanted` returns. */
async function* listKeysInOrder(
  { bucket, namespace, signal }: Listing,
  { after, prefix }: Pick<PageRequest, "after" | "prefix">,
  wanted: () => number,
): AsyncGenerator<_Object[]> {
  const { client, name, prefix: bucketPrefix } = bucket;
  // The next page starts after a key instead of the service's token, because keys do not expire.
  const start = after === undefined ? "" : keyOf(bucketPrefix, { namespace, id: checkedId(after) });
  const startAfter = start === "" ? {} : { StartAfter: start };
  for (const encodedPrefix of encodedPrefixesOf(prefix)) {
    const keyPrefix = `${namespacePrefixOf(bucketPrefix, namespace)}${encodedPrefix}`;
    if (start > keyPrefix && !start.startsWith(keyPrefix)) continue;
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: name,
        Prefix: keyPrefix,
        MaxKeys: Math.min(wanted(), KEYS_MAX),
        ...(token === undefined ? startAfter : { ContinuationToken: token }),
      });
      const response = await client.send(withoutRetries(command), { abortSignal: signal });
      // The SDK parses any document as an empty listing, such as the login page of a proxy.
      if (response.IsTruncated === undefined) throw notAListing();
      yield response.Contents ?? [];
      token = response.IsTruncated ? response.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}

/** The longest id, in bytes of UTF-8. The store has not listed a longer one. */
const ID_MAX_BYTES = 512;

function checkedId(after: string): string {
  if (Buffer.byteLength(after) <= ID_MAX_BYTES) return after;
  throw new DriverError("INVALID_ARGUMENT", "The id in the cursor is too long. Start from the first page.");
}

export function notAListing(): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    "The endpoint is not S3: its response is not a listing of the bucket. Correct `endpoint`, and check for a proxy.",
  );
}

/** Reads the end of an object whose id begins with `prefix`; `undefined` if it does not, or the object is foreign. */
async function readListed(
  { bucket, namespace, signal }: Listing,
  prefix: string,
  { Key: key = "" }: _Object,
): Promise<ListedRecord | ListedTombstone | undefined> {
  const encodedId = key.slice(namespacePrefixOf(bucket.prefix, namespace).length);
  const decodedId = idOf(encodedId);
  if (!isHashed(encodedId) && decodedId?.startsWith(prefix) !== true) return undefined;
  const object = await readEnd(bucket, key, signal);
  if (object === undefined) return undefined;
  const { version, bytes: tail, writtenAt, readAt } = object;
  if (isTombstone(tail)) return { key, version, writtenAt, readAt };
  const id = decodedId ?? [keyInTail(tail)?.id, object.id].find((each) => each && isIdAt(each, encodedId));
  return id?.startsWith(prefix) === true ? { id, version, tail } : undefined;
}

export async function readEnd(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<ReadObject | undefined> {
  const object = await readWholeTrailer(
    (length) => getObject(bucket, key, { Range: `bytes=-${length}` }, signal),
    (result) => (typeof result === "object" ? result.bytes : undefined),
  );
  const whole = object === "empty" ? await getObject(bucket, key, {}, signal) : object;
  return typeof whole === "object" ? whole : undefined;
}
