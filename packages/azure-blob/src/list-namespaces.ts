import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import {
  DriverError,
  isNamespaceWithin,
  keyInTail,
  type NamespacesRequest,
  type StoredNamespaces,
} from "@threadstore/core/driver";
import { stateOf } from "./blob-state.ts";
import {
  compareNamespaces,
  isHashed,
  isInBase64,
  isNamespaceAt,
  namespaceOf,
  namespacePrefixOf,
  nestedFoldersOf,
} from "./keys.ts";
import { readEnd, refusedCursor } from "./list.ts";
import { responseOf } from "./rest-error.ts";

interface NamespaceListing {
  readonly container: ContainerClient;
  /** The beginning of the names of all of the store's blobs. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** A position: the service's marker of a page, and the last namespace that was returned. */
interface Position {
  readonly marker: string | undefined;
  readonly after: string | undefined;
}

/**
 * Lists a page of namespaces in the order of their escaped names. Few namespaces have such long names that their folders
 * are in base64url: all of these are read for each page, and sorted into it.
 */
export async function listNamespaces(
  listing: NamespaceListing,
  { within, after: position, limit }: NamespacesRequest,
): Promise<StoredNamespaces> {
  const { marker, after } = parsePosition(position);
  const { escaped, others } = nestedFoldersOf(within);
  const [folders, longNames, self] = await Promise.all([
    escaped === undefined ? NO_FOLDERS : listFolders(listing, escaped, { marker, limit }),
    longNamespaces(listing, others),
    after === undefined ? holdsRecord(listing, within) : false,
  ]);
  const isNext = (name: string | undefined): name is string =>
    name !== undefined &&
    name !== within &&
    isNamespaceWithin(name, within) &&
    (after === undefined || after === within || compareNamespaces(name, after) > 0);
  const escapedFolders = folders.names.filter((folder) => !isInBase64(folder));
  const names = (await Promise.all(escapedFolders.map((folder) => nameOf(listing, folder)))).filter(isNext);
  const last = names.at(-1);
  const isOnPage = (name: string): boolean =>
    folders.next === undefined || (last !== undefined && compareNamespaces(name, last) < 0);
  names.push(...longNames.filter(isNext).filter(isOnPage));
  const found = [...(self ? [within] : []), ...names.toSorted(compareNamespaces)];
  const namespaces = found.slice(0, limit);
  const reached = namespaces.at(-1) ?? after;
  if (found.length > limit) return { namespaces, next: formatPosition({ marker, after: reached }) };
  const next = folders.next && formatPosition({ marker: folders.next, after: reached });
  return { namespaces, next };
}

/** A page of the names of folders. */
interface FolderPage {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

const NO_FOLDERS: FolderPage = { names: [], next: undefined };

/** Lists the names of folders that begin with a text. */
async function listFolders(
  { container, prefix, signal }: NamespaceListing,
  text: string,
  { marker, limit }: { readonly marker: string | undefined; readonly limit: number },
): Promise<FolderPage> {
  const pages = container
    .listBlobsByHierarchy("/", { prefix: `${prefix}${text}`, abortSignal: signal })
    .byPage({ maxPageSize: limit, ...(marker === undefined ? {} : { continuationToken: marker }) });
  const { value } = await pages.next().catch((error: unknown) => {
    // The continuation token is the only part of the request that comes from a cursor.
    const isRefused = marker !== undefined && responseOf(error)?.status === 400;
    throw isRefused ? refusedCursor(error) : error;
  });
  const folders = value?.segment.blobPrefixes ?? [];
  const names = folders.map(({ name }: { name: string }) => name.slice(prefix.length, -1));
  return { names, next: value?.continuationToken || undefined };
}

const LONG_NAMES_PER_REQUEST = 1000;

/** Returns the namespaces in folders whose names are not escaped, but begin with one of the texts. */
async function longNamespaces(
  listing: NamespaceListing,
  texts: readonly string[],
): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for (const text of texts) {
    let marker: string | undefined;
    do {
      const page = await listFolders(listing, text, { marker, limit: LONG_NAMES_PER_REQUEST });
      for (const folder of page.names) names.push(await nameOf(listing, folder));
      marker = page.next;
    } while (marker !== undefined);
  }
  return names;
}

/** Returns the namespace with this folder, which is in the trailer of its records if the folder's name is a hash. */
async function nameOf(listing: NamespaceListing, folder: string): Promise<string | undefined> {
  if (!isHashed(folder)) return namespaceOf(folder);
  const { container, signal } = listing;
  for await (const { name, properties } of recordsIn(listing, `${listing.prefix}${folder}/`)) {
    const record = await readEnd({ container, name, signal }, properties);
    const namespace = record && keyInTail(record.tail)?.namespace;
    if (namespace !== undefined && isNamespaceAt(namespace, folder)) return namespace;
  }
  return undefined;
}

async function holdsRecord(listing: NamespaceListing, namespace: string): Promise<boolean> {
  const records = recordsIn(listing, namespacePrefixOf(listing.prefix, namespace));
  return (await records.next()).done !== true;
}

const RECORDS_PER_REQUEST = 10;

/** Lists the blobs in a folder that hold a record. */
async function* recordsIn(
  { container, signal }: NamespaceListing,
  folder: string,
): AsyncGenerator<BlobItem, void, undefined> {
  const options = { prefix: folder, includeMetadata: true, abortSignal: signal };
  for await (const page of container.listBlobsFlat(options).byPage({ maxPageSize: RECORDS_PER_REQUEST })) {
    for (const blob of page.segment.blobItems) {
      const { properties, metadata } = blob;
      const state = stateOf({ ...properties, metadata }, properties.contentLength ?? 0);
      if (state.kind !== "reserved") yield blob;
    }
  }
}

function formatPosition({ marker, after }: Position): string {
  return JSON.stringify([marker ?? null, after ?? null]);
}

function parsePosition(position: string | undefined): Position {
  if (position === undefined) return { marker: undefined, after: undefined };
  try {
    const [marker, after] = JSON.parse(position) as unknown[];
    return { marker: textOf(marker), after: textOf(after) };
  } catch (error) {
    throw refusedCursor(error);
  }
}

function textOf(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return value;
  throw new DriverError("INVALID_ARGUMENT", "The cursor is invalid. Start from the first page.");
}
