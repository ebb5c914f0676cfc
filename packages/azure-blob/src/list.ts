import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import {
  DriverError,
  type ListedRecord,
  type PageRequest,
  type RecordPage,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { parseVersion, stateOf } from "./blob-state.ts";
import { downloadTail } from "./blobs.ts";
import { idOf } from "./keys.ts";
import { readRecord } from "./records.ts";
import { responseOf, withoutRequest } from "./rest-error.ts";

export interface Listing {
  readonly container: ContainerClient;
  /** The beginning of the blob names of one namespace. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** The number of blobs whose ends are requested at a time. */
const CONCURRENCY = 16;

/** Lists a page of a namespace's records: one request for the names, and one for the end of each blob. */
export async function listRecords(listing: Listing, { after, limit }: PageRequest): Promise<RecordPage> {
  const records: ListedRecord[] = [];
  let next = after;
  do {
    const page = await listBlobs(listing, next, limit - records.length);
    for (let start = 0; start < page.blobs.length; start += CONCURRENCY) {
      const batch = page.blobs.slice(start, start + CONCURRENCY).map((blob) => listedRecord(listing, blob));
      for (const record of await Promise.all(batch)) if (record !== undefined) records.push(record);
    }
    next = page.next;
  } while (records.length < limit && next !== undefined);
  return { records, next };
}

async function listBlobs(
  { container, prefix, signal }: Listing,
  after: string | undefined,
  limit: number,
): Promise<{ blobs: BlobItem[]; next: string | undefined }> {
  const pages = container.listBlobsFlat({ prefix, abortSignal: signal }).byPage({
    maxPageSize: limit,
    ...(after === undefined ? {} : { continuationToken: after }),
  });
  const { value } = await pages.next().catch((error: unknown) => {
    // The continuation token is the only part of the request that comes from a cursor.
    const isRefused = after !== undefined && responseOf(error)?.status === 400;
    throw isRefused ? refusedCursor(error) : error;
  });
  return { blobs: value?.segment.blobItems ?? [], next: value?.continuationToken || undefined };
}

/**
 * Resolves with the record of a listed blob; `undefined` if the store did not create the blob or it does not exist.
 */
async function listedRecord(
  { container, prefix, signal }: Listing,
  { name, properties }: BlobItem,
): Promise<ListedRecord | undefined> {
  const id = idOf(name.slice(prefix.length));
  if (id === undefined) return undefined;
  const target = { container, name, signal };
  const length = properties.contentLength ?? 0;
  const state = stateOf(properties, length);
  if (state.kind === "complete") {
    const { etag } = parseVersion(state.version);
    const tail = await downloadTail(target, { etag, length }, TRAILER_MAX_BYTES);
    if (tail !== undefined) return { id, version: state.version, tail };
  }
  // The blob changed since it was listed, or a snapshot holds its record.
  const record = await readRecord(target);
  return record?.bytes && { id, version: record.version, tail: record.bytes };
}

function refusedCursor(error: unknown): DriverError {
  const message = "Azure Storage refused the continuation token. Start from the first page.";
  return new DriverError("INVALID_ARGUMENT", message, { cause: withoutRequest(error) });
}
