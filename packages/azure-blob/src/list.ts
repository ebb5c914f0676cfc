import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import {
  DRIVER_CONCURRENCY,
  DriverError,
  entriesAfter,
  formatRecency,
  keyInTail,
  type ListedRecord,
  type ListingRests,
  mapConcurrently,
  type PageRequest,
  readWholeTrailer,
  type RecencyPosition,
  type RecordPage,
} from "@threadstore/core/driver";
import { parseVersion, stateOf } from "./blob-state.ts";
import { type BlobTarget, downloadTail, getStoredId } from "./blobs.ts";
import { encodedPrefixesOf, idOf, isHashed, isIdAt } from "./keys.ts";
import { readRecord } from "./records.ts";
import { responseOf, withoutRequest } from "./rest-error.ts";

export interface Listing {
  readonly container: ContainerClient;
  /** The beginning of the blob names of one namespace. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** What is left of listings by recency. */
  readonly rests: ListingRests<BlobAtPosition>;
}

export interface BlobAtPosition extends RecencyPosition {
  readonly blob: BlobItem;
}

/** Lists a page of a namespace's records: one request for the names, and one for the end of each long record. */
export function listRecords(listing: Listing, page: PageRequest): Promise<RecordPage> {
  const list = { id: listById, updated: listByRecency }[page.order];
  return list(listing, page);
}

async function listById(listing: Listing, { after, limit, prefix }: PageRequest): Promise<RecordPage> {
  const records: ListedRecord[] = [];
  let next = after;
  do {
    // The metadata contain short records, which are then not requested one by one.
    const request = { after: next, limit: limit - records.length, includeMetadata: true };
    const page = await listBlobs(listing, prefix, request);
    for (const { record } of await readListed(listing, prefix, page.blobs)) records.push(record);
    next = page.next;
  } while (records.length < limit && next !== undefined);
  return { records, next };
}

/** The most names that Azure returns in one response. */
const NAMES_MAX = 5000;

/**
 * Lists all names with the prefix, and then reads the ends of the blobs that were stored last. Looks at one record more
 * than `limit`, because the names that follow may not be those of records.
 */
async function listByRecency(listing: Listing, page: PageRequest): Promise<RecordPage> {
  const { limit, prefix } = page;
  const { rests, prefix: namespacePrefix } = listing;
  const following = rests.find(namespacePrefix, page) ?? (await blobsByRecency(listing, page));
  const found: FoundRecord[] = [];
  for (let read = 0; found.length <= limit && read < following.length;) {
    const batch = following.slice(read, read + limit + 1 - found.length).map(({ blob }) => blob);
    read += batch.length;
    found.push(...(await readListed(listing, prefix, batch)));
  }
  const last = found.length > limit ? found[limit - 1]?.blob : undefined;
  const position = last && formatRecency(positionOf(listing, last));
  const end = following.findIndex(({ blob }) => blob === last) + 1;
  rests.keep(namespacePrefix, page, { position, entries: following.slice(end) });
  return { records: found.slice(0, limit).map(({ record }) => record), next: position };
}

async function blobsByRecency(
  listing: Listing,
  { after, order, prefix }: PageRequest,
): Promise<readonly BlobAtPosition[]> {
  const blobs: BlobItem[] = [];
  let marker: string | undefined;
  do {
    const page = await listBlobs(listing, prefix, { after: marker, limit: NAMES_MAX });
    blobs.push(...page.blobs);
    marker = page.next;
  } while (marker !== undefined);
  return entriesAfter(
    blobs.map((blob) => ({ blob, ...positionOf(listing, blob) })),
    { after, order },
  );
}

/**
 * Returns the position of a blob by recency: the time at which the service stored it, to the second, and its name,
 * which has the order of the id but may not contain it.
 */
function positionOf({ prefix }: Listing, { name, properties }: BlobItem): RecencyPosition {
  return { updatedAt: properties.lastModified.getTime(), id: name.slice(prefix.length) };
}

interface FoundRecord {
  readonly blob: BlobItem;
  readonly record: ListedRecord;
}

async function readListed(
  listing: Listing,
  prefix: string,
  blobs: readonly BlobItem[],
): Promise<FoundRecord[]> {
  const listed = await mapConcurrently(
    blobs,
    async (blob) => ({ blob, record: await listedRecord(listing, prefix, blob) }),
    DRIVER_CONCURRENCY,
  );
  return listed.flatMap(({ blob, record }) => (record === undefined ? [] : [{ blob, record }]));
}

interface BlobsRequest {
  readonly after: string | undefined;
  readonly limit: number;
  readonly includeMetadata?: boolean;
}

/**
 * Lists up to `limit` blobs. A position is the service's marker. If the names of a listing can begin with several texts,
 * the number of the text and a space precede the marker.
 */
async function listBlobs(
  { container, prefix: namespacePrefix, signal }: Listing,
  prefix: string,
  { after, limit, includeMetadata = false }: BlobsRequest,
): Promise<{ blobs: BlobItem[]; next: string | undefined }> {
  const encodedPrefixes = encodedPrefixesOf(prefix);
  const [number, marker] = encodedPrefixes.length === 1 ? [0, after] : parsePosition(after);
  const pages = container
    .listBlobsFlat({
      prefix: `${namespacePrefix}${encodedPrefixes[number] ?? ""}`,
      includeMetadata,
      abortSignal: signal,
    })
    .byPage({ maxPageSize: limit, ...(marker ? { continuationToken: marker } : {}) });
  const { value } = await pages.next().catch((error: unknown) => {
    // The continuation token is the only part of the request that comes from a cursor.
    const isRefused = after !== undefined && responseOf(error)?.status === 400;
    throw isRefused ? refusedCursor(error) : error;
  });
  const nextMarker = value?.continuationToken || undefined;
  const blobs = value?.segment.blobItems ?? [];
  if (encodedPrefixes.length === 1) return { blobs, next: nextMarker };
  if (nextMarker !== undefined) return { blobs, next: `${number} ${nextMarker}` };
  return { blobs, next: number + 1 < encodedPrefixes.length ? `${number + 1} ` : undefined };
}

function parsePosition(position = "0 "): [number: number, marker: string] {
  const separator = position.indexOf(" ");
  return [Number(position.slice(0, separator)) || 0, position.slice(separator + 1)];
}

/**
 * Resolves with the record of a listed blob; `undefined` if the store did not create the blob, its id does not begin with
 * `prefix`, or it does not exist.
 */
async function listedRecord(
  { container, prefix: namespacePrefix, signal }: Listing,
  prefix: string,
  { name, properties, metadata }: BlobItem,
): Promise<ListedRecord | undefined> {
  const encodedId = name.slice(namespacePrefix.length);
  const decodedId = idOf(encodedId);
  if (!isHashed(encodedId) && decodedId?.startsWith(prefix) !== true) return undefined;
  const target = { container, name, signal };
  const record = await readEnd(target, { ...properties, metadata });
  if (record === undefined) return undefined;
  const id = decodedId ?? (await hashedId(target, encodedId, record.tail));
  return id?.startsWith(prefix) === true ? { id, ...record } : undefined;
}

export async function readEnd(
  target: BlobTarget,
  properties: BlobItem["properties"] & { readonly metadata?: BlobItem["metadata"] | undefined },
): Promise<Omit<ListedRecord, "id"> | undefined> {
  const length = properties.contentLength ?? 0;
  const state = stateOf(properties, length);
  if (state.kind === "complete") {
    if (state.record !== undefined) return { version: state.version, tail: state.record };
    const { etag } = parseVersion(state.version);
    const tail = await readWholeTrailer(
      (count) => downloadTail(target, { etag, length }, count),
      (bytes) => bytes,
    );
    if (tail !== undefined) return { version: state.version, tail };
  }
  // The blob changed since it was listed, or a snapshot holds its record.
  const record = await readRecord(target);
  return record?.bytes && { version: record.version, tail: record.bytes };
}

/** Resolves with the id of a record whose name ends in a hash; `undefined` if the store did not create the blob. */
async function hashedId(
  target: BlobTarget,
  encodedId: string,
  tail: Uint8Array,
): Promise<string | undefined> {
  const { id } = keyInTail(tail) ?? {};
  if (id !== undefined && isIdAt(id, encodedId)) return id;
  const storedId = await getStoredId(target);
  return storedId !== undefined && isIdAt(storedId, encodedId) ? storedId : undefined;
}

export function refusedCursor(error: unknown): DriverError {
  const message = "Azure Storage refused the continuation token. Start from the first page.";
  return new DriverError("INVALID_ARGUMENT", message, { cause: withoutRequest(error) });
}
