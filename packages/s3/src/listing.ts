import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  type ListedRecord,
  type PageRequest,
  type RecordPage,
  TRAILER_MAX_BYTES,
  type Version,
} from "@threadstore/core";
import { type Bucket, once } from "./client.ts";
import { S3SetupError } from "./explain.ts";
import { folderOf, idOf, keyOf } from "./keys.ts";
import { getObject, versionOf } from "./objects.ts";
import { mapInParallel } from "./parallel.ts";
import { isTombstone } from "./tombstone.ts";

const keysMax = 1000;

export interface Listing {
  readonly bucket: Bucket;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** A tombstone on the way, and when it was written and read by the service's clock, in milliseconds. */
export interface FoundTombstone {
  readonly key: string;
  readonly version: Version;
  readonly writtenAt: number;
  readonly readAt: number;
}

/**
 * A page of a namespace: the keys from the bucket's listing, and the end of each object by a request of its
 * own. One record more than asked for is looked at, so that `next` is right even when only tombstones follow.
 */
export async function listRecords(
  listing: Listing,
  { after, limit }: PageRequest,
): Promise<{ page: RecordPage; tombstones: FoundTombstone[] }> {
  const { bucket, namespace, signal } = listing;
  const { client, name, prefix } = bucket;
  const folder = folderOf(prefix, namespace);
  // A key, and not the service's own token, is where the next page begins: keys last.
  const start = after === undefined ? {} : { StartAfter: keyOf(prefix, { namespace, id: after }) };
  const records: ListedRecord[] = [];
  const tombstones: FoundTombstone[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: name,
      Prefix: folder,
      MaxKeys: Math.min(limit + 1 - records.length, keysMax),
      ...(token === undefined ? start : { ContinuationToken: token }),
    });
    const page = await client.send(once(command), { abortSignal: signal });
    // The SDK makes an empty listing of any document, such as the page of a proxy that asks to log in.
    if (page.IsTruncated === undefined) throw noListing();
    const found = await mapInParallel(page.Contents ?? [], async ({ Key = "", ETag }) => {
      const id = idOf(Key.slice(folder.length));
      return id === undefined ? undefined : recordAt(listing, Key, id, ETag);
    });
    for (const each of found) {
      if (each === undefined) continue;
      if ("tail" in each) records.push(each);
      else tombstones.push(each);
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined && records.length <= limit);
  const next = records.length > limit ? records[limit - 1]?.id : undefined;
  return { page: { records: records.slice(0, limit), next }, tombstones };
}

function noListing(): S3SetupError {
  return new S3SetupError(
    "What answers at the endpoint is not S3: it gave no listing of the bucket. Correct `endpoint`, and look for a proxy in between.",
  );
}

async function recordAt(
  { bucket, signal }: Listing,
  key: string,
  id: string,
  etag: string | undefined,
): Promise<ListedRecord | FoundTombstone | undefined> {
  const found = await getObject(bucket, key, { Range: `bytes=-${TRAILER_MAX_BYTES}` }, signal);
  if (found === undefined || found === "unchanged") return undefined;
  if (found === "empty") return { id, version: versionOf(etag), tail: new Uint8Array() };
  const { version, bytes, writtenAt, readAt } = found;
  return isTombstone(bytes) ? { key, version, writtenAt, readAt } : { id, version, tail: bytes };
}
