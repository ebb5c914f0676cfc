import { type _Object, ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import {
  isNamespaceWithin,
  keyInTail,
  DRIVER_CONCURRENCY,
  mapConcurrently,
  type NamespacesRequest,
  type StoredNamespaces,
} from "@threadstore/core/driver";
import { type Bucket, withoutRetries } from "./client.ts";
import { driverErrorOf } from "./errors.ts";
import {
  compareNamespaces,
  isHashed,
  isInBase64,
  isNamespaceAt,
  isPartOfName,
  keyAfterNamespace,
  namespaceOf,
  namespacePrefixOf,
  nestedFoldersOf,
  partOfNameIn,
} from "./keys.ts";
import { KEYS_MAX, notAListing, readEnd } from "./list.ts";
import type { RecordContext } from "./records.ts";
import { TOMBSTONE_BYTES } from "./tombstones.ts";

interface NamespaceListing {
  readonly bucket: Bucket;
  readonly signal: AbortSignal;
  /** How many folders to request at a time. */
  readonly maxKeys: number;
}

/**
 * Lists a page of namespaces in the order of their escaped names. Few namespaces have such long names that their folders
 * are in base64url: all of these are read for each page, and sorted into it.
 */
export async function listNamespaces(
  context: RecordContext,
  request: NamespacesRequest,
  signal: AbortSignal,
): Promise<StoredNamespaces> {
  const { bucket } = context;
  const { within, after, limit } = request;
  const { escaped, others } = nestedFoldersOf(within);
  const longNames = await longNamespaces({ bucket, signal, maxKeys: KEYS_MAX }, others, request);
  const names: string[] = after === undefined ? [within] : [];
  // One namespace more than the page holds shows whether another page follows.
  const listing = { bucket, signal, maxKeys: Math.min(limit + 1, KEYS_MAX) };
  const start = after === undefined || after === within ? undefined : keyAfterNamespace(bucket.prefix, after);
  const folders = escaped === undefined ? [] : foldersIn(listing, `${bucket.prefix}${escaped}`, start);
  for await (const folder of folders) {
    const name = isInBase64(folder.slice(bucket.prefix.length)) ? undefined : await nameOf(listing, folder);
    if (!isOnLaterPage(name, request)) continue;
    while (longNames[0] !== undefined && compareNamespaces(longNames[0], name) < 0) {
      names.push(...longNames.splice(0, 1));
    }
    names.push(name);
    if (names.length > limit) break;
  }
  names.push(...longNames);
  const next = names.length > limit ? names[limit - 1] : undefined;
  return { namespaces: await withRecords(context, names.slice(0, limit), within, signal), next };
}

/** Returns whether the page can contain the namespace. The namespace `within` itself is always the first. */
function isOnLaterPage(name: string | undefined, { within, after }: NamespacesRequest): name is string {
  if (name === undefined || name === within || !isNamespaceWithin(name, within)) return false;
  return after === undefined || after === within || compareNamespaces(name, after) > 0;
}

/** Returns the namespaces in folders whose names are not escaped, but begin with one of the texts, in order. */
async function longNamespaces(
  listing: NamespaceListing,
  texts: readonly string[],
  request: NamespacesRequest,
): Promise<string[]> {
  const names: string[] = [];
  for (const text of texts) {
    for await (const folder of foldersIn(listing, `${listing.bucket.prefix}${text}`)) {
      const name = await nameOf(listing, folder);
      if (isOnLaterPage(name, request)) names.push(name);
    }
  }
  return names.toSorted(compareNamespaces);
}

/** Returns the namespace with this folder, which is in the trailer of its records if the folder's name is a hash. */
async function nameOf({ bucket, signal }: NamespaceListing, folderKey: string): Promise<string | undefined> {
  const folder = folderKey.slice(bucket.prefix.length, -1);
  if (!isHashed(folder)) return namespaceOf(folder);
  for await (const { Key: key = "" } of recordsIn(bucket, folderKey, signal)) {
    const object = await readEnd(bucket, key, signal);
    const namespace = object && keyInTail(object.bytes)?.namespace;
    if (namespace !== undefined && isNamespaceAt(namespace, folder)) return namespace;
  }
  return undefined;
}

/**
 * Lists the folders of namespaces whose keys begin with a prefix and follow `start`, with their final slash. A long name
 * consists of several segments, and a request only lists the first of them.
 */
async function* foldersIn(listing: NamespaceListing, prefix: string, start?: string): AsyncGenerator<string> {
  const part = start && partOfNameIn(start, prefix);
  if (part) yield* foldersIn(listing, part, start);
  const startAfter = part ? `${part.slice(0, -1)}0` : start;
  let token: string | undefined;
  do {
    const page = await listFolders(listing, prefix, token === undefined ? startAfter : undefined, token);
    for (const { Prefix: folder = "" } of page.CommonPrefixes ?? []) {
      if (isPartOfName(folder)) yield* foldersIn(listing, folder);
      else yield folder;
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

async function listFolders(
  { bucket, signal, maxKeys }: NamespaceListing,
  prefix: string,
  startAfter: string | undefined,
  token: string | undefined,
): Promise<ListObjectsV2CommandOutput> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    Prefix: prefix,
    Delimiter: "/",
    MaxKeys: maxKeys,
    ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
    ...(token === undefined ? {} : { ContinuationToken: token }),
  });
  const page = await bucket.client.send(withoutRetries(command), { abortSignal: signal });
  if (page.IsTruncated === undefined) throw notAListing();
  return page;
}

/** Returns the namespaces that hold records. A folder can hold tombstones only, unless deletes do not leave any. */
async function withRecords(
  { bucket, selfCheck }: RecordContext,
  names: readonly string[],
  within: string,
  signal: AbortSignal,
): Promise<string[]> {
  const hasFolders = names.some((name) => name !== within);
  const mayBeEmpty = hasFolders && (await leavesTombstones(selfCheck));
  const holding = await mapConcurrently(
    names,
    (name) => (mayBeEmpty || name === within ? holdsRecord(bucket, name, signal) : Promise.resolve(true)),
    DRIVER_CONCURRENCY,
  );
  return names.filter((_, index) => holding[index]);
}

async function leavesTombstones(selfCheck: RecordContext["selfCheck"]): Promise<boolean> {
  try {
    return !(await selfCheck.capabilities()).conditionalDelete;
  } catch (error) {
    // A client with read permissions only can list all the same.
    if (driverErrorOf(error)?.code !== "ACCESS_DENIED") throw error;
    return true;
  }
}

async function holdsRecord(bucket: Bucket, namespace: string, signal: AbortSignal): Promise<boolean> {
  const records = recordsIn(bucket, namespacePrefixOf(bucket.prefix, namespace), signal);
  return (await records.next()).done !== true;
}

/** Lists the objects in a folder other than tombstones, whose length no record has. */
async function* recordsIn(
  { client, name }: Bucket,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<_Object, void, undefined> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: name,
      Prefix: folder,
      MaxKeys: token === undefined ? 1 : KEYS_MAX,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await client.send(withoutRetries(command), { abortSignal: signal });
    if (page.IsTruncated === undefined) throw notAListing();
    for (const object of page.Contents ?? []) if (object.Size !== TOMBSTONE_BYTES) yield object;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
