import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import { type ListedRecord, type PageRequest, type RecordPage, TRAILER_MAX_BYTES } from "@threadstore/core";
import { parseVersion, stateOf } from "./blob-state.ts";
import { idOf } from "./names.ts";
import { readRecord, readTail } from "./read.ts";

export interface Folder {
  readonly container: ContainerClient;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Requests for trailers at the same time. */
const CONCURRENCY = 16;

/** A page of the folder's records: a request for their names, and one for the end of each. */
export async function listRecords(folder: Folder, { after, limit }: PageRequest): Promise<RecordPage> {
  const records: ListedRecord[] = [];
  let next = after;
  do {
    const page = await listBlobs(folder, next, limit - records.length);
    for (let start = 0; start < page.blobs.length; start += CONCURRENCY) {
      const some = page.blobs.slice(start, start + CONCURRENCY).map((blob) => recordOf(folder, blob));
      for (const record of await Promise.all(some)) if (record !== undefined) records.push(record);
    }
    next = page.next;
  } while (records.length < limit && next !== undefined);
  return { records, next };
}

async function listBlobs(
  { container, folder, signal }: Folder,
  after: string | undefined,
  limit: number,
): Promise<{ blobs: BlobItem[]; next: string | undefined }> {
  const listing = container.listBlobsFlat({ prefix: folder, abortSignal: signal });
  const pages = listing.byPage({
    maxPageSize: limit,
    ...(after === undefined ? {} : { continuationToken: after }),
  });
  const { value } = await pages.next();
  return { blobs: value?.segment.blobItems ?? [], next: value?.continuationToken || undefined };
}

/** The record in a listed blob, if the blob is one of the store's and still there. */
async function recordOf(
  { container, folder, signal }: Folder,
  { name, properties }: BlobItem,
): Promise<ListedRecord | undefined> {
  const id = idOf(name.slice(folder.length));
  if (id === undefined) return undefined;
  const blob = container.getBlobClient(name);
  const length = properties.contentLength ?? 0;
  const state = stateOf(properties, length);
  if (state.kind === "stored") {
    const { etag } = parseVersion(state.version);
    const tail = await readTail(blob, { etag, length }, TRAILER_MAX_BYTES, signal);
    if (tail !== undefined) return { id, version: state.version, tail };
  }
  // It changed since it was listed, or its record is elsewhere.
  const found = await readRecord(blob, undefined, signal);
  return found?.bytes && { id, version: found.version, tail: found.bytes };
}
