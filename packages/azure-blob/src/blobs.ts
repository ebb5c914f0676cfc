// Requests about one blob. A precondition that failed, or a blob that is missing, is a result and not an error.
import type {
  AppendBlobClient,
  BlobDownloadOptions,
  BlobGetPropertiesResponse,
  ContainerClient,
} from "@azure/storage-blob";
import type { Version } from "@threadstore/core";
import {
  type BlobState,
  idInMetadata,
  idMetadata,
  parseVersion,
  recordMetadata,
  type RewritingState,
  rewritingMetadata,
  stateOf,
  versionOf,
} from "./blob-state.ts";
import { connectionLost } from "./errors.ts";
import { hasErrorCode } from "./rest-error.ts";

/** A blob, and the signal that ends the operation on it. */
export interface BlobTarget {
  readonly container: ContainerClient;
  readonly name: string;
  /** The id of the thread, if the name does not contain it. */
  readonly id?: string | undefined;
  readonly signal: AbortSignal;
}

const APPEND_BLOB_HEADERS = { blobContentType: "text/plain; charset=utf-8" };
const BLOCK_BLOB_HEADERS = { blobContentType: "application/json" };

export interface DownloadedBlob {
  readonly state: BlobState;
  readonly bytes: Buffer;
  /** The number of blocks that the service reports; `undefined` unless it is an append blob. */
  readonly blockCount: number | undefined;
}

/** Downloads the blob or its snapshot. Resolves with `"unchanged"` if the blob still has `cachedVersion`. */
export async function downloadBlob(
  target: BlobTarget,
  { cachedVersion, snapshot }: { readonly cachedVersion?: Version | undefined; readonly snapshot?: string },
): Promise<DownloadedBlob | "unchanged" | undefined> {
  const blob = snapshot === undefined ? clientOf(target) : clientOf(target).withSnapshot(snapshot);
  const conditions = cachedVersion === undefined ? {} : { ifNoneMatch: parseVersion(cachedVersion).etag };
  try {
    const response = await blob.download(0, undefined, {
      abortSignal: target.signal,
      conditions,
      maxRetryRequests: 0,
    });
    const bytes = await readBody(response.readableStreamBody);
    return { state: stateOf(response, bytes.length), bytes, blockCount: response.blobCommittedBlockCount };
  } catch (error) {
    if (hasErrorCode(error, "BlobNotFound")) return undefined;
    if (hasErrorCode(error, "ConditionNotMet")) return "unchanged";
    throw error;
  }
}

/** Downloads up to `count` bytes from the end of a blob of that length, if it still has that ETag. */
export async function downloadTail(
  target: BlobTarget,
  { etag, length }: { readonly etag: string; readonly length: number },
  count: number,
): Promise<Buffer | undefined> {
  const start = Math.max(0, length - count);
  const options: BlobDownloadOptions = {
    abortSignal: target.signal,
    conditions: { ifMatch: etag },
    maxRetryRequests: 0,
  };
  return unlessPreconditionFailed(async () => {
    const response = await clientOf(target).download(start, length - start || undefined, options);
    return readBody(response.readableStreamBody);
  });
}

/** Reads the whole body, which also releases the connection. */
async function readBody(body: NodeJS.ReadableStream | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
  } catch (error) {
    // In the middle of a body, the SDK's errors do not have a code.
    throw connectionLost(error);
  }
  return Buffer.concat(chunks);
}

/** The conditions of a write: that the blob does not exist, or has an ETag. */
export type BlobCondition = { readonly ifNoneMatch: "*" } | { readonly ifMatch: string };

/**
 * Creates an empty append blob, or replaces a blob with one, if the condition is true. Resolves with its ETag;
 * `undefined` if the condition was false.
 */
export async function putAppendBlob(
  target: BlobTarget,
  metadata: { readonly [name: string]: string },
  conditions: BlobCondition,
): Promise<string | undefined> {
  const { signal: abortSignal, id } = target;
  const created = await unlessPreconditionFailed(() =>
    clientOf(target).create({
      abortSignal,
      conditions,
      metadata: { ...idMetadata(id), ...metadata },
      blobHTTPHeaders: APPEND_BLOB_HEADERS,
    }),
  );
  return created?.etag;
}

/** Stores a short record in one request, if the condition is true. Resolves with the version of the blob. */
export async function putShortRecord(
  target: BlobTarget,
  record: Uint8Array,
  condition: BlobCondition,
): Promise<Version | undefined> {
  const etag = await putAppendBlob(target, recordMetadata(record), condition);
  return etag && versionOf(etag, 0);
}

/** Appends a block if the blob has that ETag and length, and resolves with the blob's new version. */
export async function appendBlock(
  target: BlobTarget,
  block: Buffer,
  { etag, length }: { readonly etag: string; readonly length: number },
): Promise<Version | undefined> {
  const options = { abortSignal: target.signal, conditions: { ifMatch: etag, appendPosition: length } };
  const appended = await unlessPreconditionFailed(() =>
    clientOf(target).appendBlock(block, block.length, options),
  );
  return appended && versionOf(appended.etag, length + block.length);
}

/** Replaces the content of a block blob that has that ETag, and resolves with its new version. */
export async function replaceBlockBlob(
  target: BlobTarget,
  bytes: Uint8Array,
  etag: string,
): Promise<Version | undefined> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { container, name, signal: abortSignal } = target;
  const conditions = { ifMatch: etag };
  const options = {
    abortSignal,
    conditions,
    metadata: idMetadata(target.id),
    blobHTTPHeaders: BLOCK_BLOB_HEADERS,
  };
  const replaced = await unlessPreconditionFailed(() =>
    container.getBlockBlobClient(name).upload(body, body.length, options),
  );
  return replaced && versionOf(replaced.etag, undefined);
}

export async function getState(target: BlobTarget): Promise<BlobState | undefined> {
  const properties = await getProperties(target);
  return properties && stateOf(properties, properties.contentLength ?? 0);
}

function getProperties(target: BlobTarget): Promise<BlobGetPropertiesResponse | undefined> {
  return unlessPreconditionFailed(() => clientOf(target).getProperties({ abortSignal: target.signal }));
}

/** Reads the id in the blob's metadata; `undefined` if it is missing, or the blob is. */
export async function getStoredId(target: BlobTarget): Promise<string | undefined> {
  return idInMetadata(await getProperties(target));
}

/** Deletes the blob and its snapshots if it has that ETag. Resolves with whether it did. */
export async function deleteBlob(target: BlobTarget, etag: string): Promise<boolean> {
  const conditions = { ifMatch: etag };
  const options = { abortSignal: target.signal, conditions, deleteSnapshots: "include" } as const;
  return (await unlessPreconditionFailed(() => clientOf(target).delete(options))) !== undefined;
}

/** Takes a snapshot of the blob if it has that version, and resolves with the snapshot's name. */
export async function createSnapshot(target: BlobTarget, version: Version): Promise<string | undefined> {
  const options = { abortSignal: target.signal, conditions: { ifMatch: parseVersion(version).etag } };
  const created = await unlessPreconditionFailed(() => clientOf(target).createSnapshot(options));
  return created?.snapshot;
}

export async function deleteSnapshot(target: BlobTarget, snapshot: string): Promise<void> {
  await unlessPreconditionFailed(() =>
    clientOf(target).withSnapshot(snapshot).delete({ abortSignal: target.signal }),
  );
}

/** Empties an append blob that has that version, and sets the metadata that refer to the snapshot of its record. */
export async function emptyForRewrite(
  target: BlobTarget,
  { version, snapshot }: Pick<RewritingState, "version" | "snapshot">,
): Promise<RewritingState | undefined> {
  const condition = { ifMatch: parseVersion(version).etag };
  const etag = await putAppendBlob(target, rewritingMetadata(snapshot, version), condition);
  return etag === undefined ? undefined : { kind: "rewriting", etag, version, snapshot };
}

function clientOf({ container, name }: BlobTarget): AppendBlobClient {
  return container.getAppendBlobClient(name);
}

const PRECONDITION_FAILURES = [
  "AppendPositionConditionNotMet",
  "BlobAlreadyExists",
  "BlobNotFound",
  "ConditionNotMet",
] as const;

async function unlessPreconditionFailed<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (hasErrorCode(error, ...PRECONDITION_FAILURES)) return undefined;
    throw error;
  }
}
