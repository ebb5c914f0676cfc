import type { AppendBlobClient, ContainerClient } from "@azure/storage-blob";
import type { RecordToWrite, ThreadDriver, Version } from "@threadstore/core";
import { type BlobState, movingMetadata, parseVersion, stateOf, versionOf } from "./blob-state.ts";
import { failingWith, hasCode, lostRace } from "./failures.ts";
import { patchBlock, wholeBlock } from "./patches.ts";

/** A blob, and how long to go on with it. */
export interface Target {
  readonly container: ContainerClient;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** How much a blob may hold that no longer counts, beside as much again as its record. */
export const WASTE_MAX_BYTES = 65_536;

const appendHeaders = { blobContentType: "text/plain; charset=utf-8" };
const blockHeaders = { blobContentType: "application/json" };

export async function writeRecord(
  target: Target,
  record: RecordToWrite,
  expected: Version | undefined,
): ReturnType<ThreadDriver["write"]> {
  if (expected === undefined) return createRecord(target, record);
  const { etag, length } = parseVersion(expected);
  if (length === undefined) return replaceBlockBlob(target, record, etag);
  const patch = patchBlock(record);
  if (record.unchanged > 0 && length + patch.length <= 2 * record.bytes.length + WASTE_MAX_BYTES) {
    try {
      const version = await append(target, patch, { etag, length });
      return version ?? (await finishMove(target, record, expected));
    } catch (error) {
      if (!hasCode(error, "BlockCountExceedsLimit")) throw error;
    }
  }
  return rewrite(target, record, expected);
}

/** Removes the blob if it holds the version. */
export async function deleteRecord(target: Target, expected: Version): Promise<boolean> {
  if (await deleteBlob(target, parseVersion(expected).etag)) return true;
  const state = await failingWith("undecided", () => stateNow(target));
  return isMoving(state, expected) && deleteBlob(target, state.etag);
}

/**
 * An append blob can only be created empty, which decides nothing: an empty one counts as nothing there, and whoever
 * creates the thread next, if this process is killed now, takes it over.
 */
async function createRecord(target: Target, record: RecordToWrite): Promise<Version | undefined> {
  const etag = await failingWith("undecided", () => reserve(target));
  return etag === undefined ? undefined : append(target, wholeBlock(record), { etag, length: 0 });
}

async function reserve(target: Target): Promise<string | undefined> {
  const { signal: abortSignal } = target;
  try {
    const conditions = { ifNoneMatch: "*" };
    return (await client(target).create({ abortSignal, conditions, blobHTTPHeaders: appendHeaders })).etag;
  } catch (error) {
    if (!hasCode(error, "BlobAlreadyExists")) throw error;
    const state = await stateNow(target);
    return state?.kind === "unfinished" ? state.etag : undefined;
  }
}

async function append(
  target: Target,
  block: Buffer,
  { etag, length }: { readonly etag: string; readonly length: number },
): Promise<Version | undefined> {
  const options = { abortSignal: target.signal, conditions: { ifMatch: etag, appendPosition: length } };
  const appended = await unlessLost(() => client(target).appendBlock(block, block.length, options));
  return appended && versionOf(appended.etag, length + block.length);
}

/**
 * Writes the record anew where adding to the blob would not do. Azure neither replaces the content of an append blob
 * in one step nor lets it become another type, so the old record is kept in a snapshot while the blob is empty, and
 * the blob's metadata, set in the step that empties it, lead there.
 */
async function rewrite(
  target: Target,
  record: RecordToWrite,
  expected: Version,
): Promise<Version | undefined> {
  const moved = await failingWith("undecided", () => move(target, expected));
  return moved === undefined ? finishMove(target, record, expected) : writeMoved(target, record, moved);
}

/** What a blob that is being moved has, and a condition can name. */
type Moving = Pick<BlobState & { readonly kind: "moving" }, "etag" | "snapshot">;

/** Resolves to what it did; `undefined` when the blob is another by now, maybe moved by somebody else. */
async function move(target: Target, expected: Version): Promise<Moving | undefined> {
  const { signal: abortSignal } = target;
  const blob = client(target);
  const conditions = { ifMatch: parseVersion(expected).etag };
  const taken = await unlessLost(() => blob.createSnapshot({ abortSignal, conditions }));
  const snapshot = taken?.snapshot;
  if (snapshot === undefined) return undefined;
  const metadata = movingMetadata(snapshot, expected);
  const emptied = await unlessLost(() =>
    blob.create({ abortSignal, conditions, metadata, blobHTTPHeaders: appendHeaders }),
  );
  if (emptied?.etag !== undefined) return { etag: emptied.etag, snapshot };
  const state = await stateNow(target);
  // Azurite names snapshots by the millisecond: somebody faster may have one of this name, and need it.
  if (state?.kind !== "moving" || state.snapshot !== snapshot) await deleteSnapshot(target, snapshot);
  return undefined;
}

/** Writes the record into the blob if that is being moved at the expected version, by whomever. */
async function finishMove(
  target: Target,
  record: RecordToWrite,
  expected: Version,
): Promise<Version | undefined> {
  const state = await failingWith("undecided", () => stateNow(target));
  return isMoving(state, expected) ? writeMoved(target, record, state) : undefined;
}

async function writeMoved(
  target: Target,
  record: RecordToWrite,
  { etag, snapshot }: Moving,
): Promise<Version | undefined> {
  const version = await append(target, wholeBlock(record), { etag, length: 0 });
  if (version !== undefined) await failingWith("decided", () => deleteSnapshot(target, snapshot));
  return version;
}

/** As a backup may have restored it: a block blob stays one, and is replaced whole. */
async function replaceBlockBlob(
  { container, name, signal: abortSignal }: Target,
  { bytes }: RecordToWrite,
  etag: string,
): Promise<Version | undefined> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options = { abortSignal, conditions: { ifMatch: etag }, blobHTTPHeaders: blockHeaders };
  const replaced = await unlessLost(() =>
    container.getBlockBlobClient(name).upload(body, body.length, options),
  );
  return replaced && versionOf(replaced.etag, undefined);
}

async function stateNow(target: Target): Promise<BlobState | undefined> {
  const properties = await unlessLost(() => client(target).getProperties({ abortSignal: target.signal }));
  return properties && stateOf(properties, properties.contentLength ?? 0);
}

function isMoving(
  state: BlobState | undefined,
  version: Version,
): state is BlobState & { readonly kind: "moving" } {
  return state?.kind === "moving" && state.version === version;
}

async function deleteBlob(target: Target, etag: string): Promise<boolean> {
  const conditions = { ifMatch: etag };
  const options = { abortSignal: target.signal, conditions, deleteSnapshots: "include" } as const;
  return (await unlessLost(() => client(target).delete(options))) !== undefined;
}

async function deleteSnapshot(target: Target, snapshot: string): Promise<void> {
  await unlessLost(() => client(target).withSnapshot(snapshot).delete({ abortSignal: target.signal }));
}

function client({ container, name }: Target): AppendBlobClient {
  return container.getAppendBlobClient(name);
}

async function unlessLost<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (lostRace(error)) return undefined;
    throw error;
  }
}
