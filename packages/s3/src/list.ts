import { type _Object, ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  DriverError,
  type ListedRecord,
  type PageRequest,
  type RecordPage,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { type Bucket, withoutRetries } from "./client.ts";
import { versionOf } from "./etags.ts";
import { encodedPrefixesOf, idOf, keyOf, namespacePrefixOf } from "./keys.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import { getObject } from "./objects.ts";
import { isTombstone, type ListedTombstone } from "./tombstones.ts";

/** The most keys that S3 returns in one response. */
const KEYS_MAX = 1000;

export interface Listing {
  readonly bucket: Bucket;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/**
 * Lists a page of a namespace: the keys, and the end of each object with a request per object. It looks at one record
 * more than `limit`, so that `next` is correct even if only tombstones follow.
 */
export async function listRecords(
  listing: Listing,
  page: PageRequest,
): Promise<{ page: RecordPage; tombstones: ListedTombstone[] }> {
  const { limit, prefix } = page;
  const namespacePrefix = namespacePrefixOf(listing.bucket.prefix, listing.namespace);
  const records: ListedRecord[] = [];
  const tombstones: ListedTombstone[] = [];
  for await (const contents of listKeys(listing, page, () => limit + 1 - records.length)) {
    const objects = await mapConcurrently(contents, async ({ Key = "", ETag }) => {
      const id = idOf(Key.slice(namespacePrefix.length));
      return id?.startsWith(prefix) === true ? readListed(listing, Key, id, ETag) : undefined;
    });
    for (const object of objects) {
      if (object === undefined) continue;
      if ("tail" in object) records.push(object);
      else tombstones.push(object);
    }
    if (records.length > limit) break;
  }
  const next = records.length > limit ? records[limit - 1]?.id : undefined;
  return { page: { records: records.slice(0, limit), next }, tombstones };
}

/** S3 rejects longer keys, and so does not have them. */
const KEY_MAX_BYTES = 1024;

function keyAfter(key: string): string {
  if (Buffer.byteLength(key) <= KEY_MAX_BYTES) return key;
  throw new DriverError("INVALID_ARGUMENT", "The key in the cursor is too long. Start from the first page.");
}

/** Lists the keys of a page in order, at most as many in a response as `wanted` returns. */
async function* listKeys(
  { bucket, namespace, signal }: Listing,
  { after, prefix }: PageRequest,
  wanted: () => number,
): AsyncGenerator<_Object[]> {
  const { client, name, prefix: bucketPrefix } = bucket;
  // The next page starts after a key instead of the service's token, because keys do not expire.
  const start = after === undefined ? "" : keyAfter(keyOf(bucketPrefix, { namespace, id: after }));
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

function notAListing(): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    "The endpoint is not S3: its response is not a listing of the bucket. Correct `endpoint`, and check for a proxy.",
  );
}

async function readListed(
  { bucket, signal }: Listing,
  key: string,
  id: string,
  etag: string | undefined,
): Promise<ListedRecord | ListedTombstone | undefined> {
  const object = await getObject(bucket, key, { Range: `bytes=-${TRAILER_MAX_BYTES}` }, signal);
  if (object === undefined || object === "unchanged") return undefined;
  if (object === "empty") return { id, version: versionOf(etag), tail: new Uint8Array() };
  const { version, bytes, writtenAt, readAt } = object;
  return isTombstone(bytes) ? { key, version, writtenAt, readAt } : { id, version, tail: bytes };
}
