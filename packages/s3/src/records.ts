import type { Version } from "@threadstore/core";
import type { RecordToWrite, StoredRecord, ThreadKey } from "@threadstore/core/driver";
import type { Bucket } from "./client.ts";
import { driverErrorOf, withEffect } from "./errors.ts";
import { type EtagQuotes, etagOf, isVersion } from "./etags.ts";
import { hashedIdOf, keyOf } from "./keys.ts";
import { deleteObject, getObject, getWriteHistory, putObject, type ReadObject } from "./objects.ts";
import type { SelfCheck } from "./self-check.ts";
import { statusOf } from "./service-error.ts";
import { createTombstone, isTombstone, TOMBSTONE_BYTES } from "./tombstones.ts";
import { nonceOfReplacement, type WriteHistories } from "./write-history.ts";

/** The parts of a driver that its operations share. */
export interface RecordContext {
  readonly bucket: Bucket;
  readonly selfCheck: SelfCheck;
  readonly histories: WriteHistories;
}

export async function readRecord(
  { bucket, histories }: RecordContext,
  key: ThreadKey,
  cachedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  // For reads, every provider accepts ETags with quotes.
  const condition = cachedVersion === undefined ? {} : { IfNoneMatch: etagOf(cachedVersion, "keep") };
  const object = await getObject(bucket, keyOf(bucket.prefix, key), condition, signal);
  if (object === "unchanged" && cachedVersion !== undefined) {
    return { version: cachedVersion, bytes: undefined };
  }
  if (typeof object !== "object" || isTombstone(object.bytes)) return undefined;
  histories.remember(object.version, object.history);
  return object;
}

/** Writes the record if the stored version is `expectedVersion`, and resolves with its version if it did. */
export async function writeRecord(
  context: RecordContext,
  key: ThreadKey,
  { bytes, nonce }: RecordToWrite,
  expectedVersion: Version | undefined,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const { bucket, histories } = context;
  const { etagQuotes } = await withEffect("none", () => context.selfCheck.capabilities());
  const target: ReplaceTarget = { ...targetOf(bucket, key), etagQuotes, signal };
  const { id } = target;
  if (expectedVersion !== undefined) return replace(context, target, { bytes, nonce }, expectedVersion);
  const created = await putObject(bucket, target.objectKey, { bytes, id }, { IfNoneMatch: "*" }, signal);
  if (created !== undefined) return created;
  const existing = await withEffect("none", () => readBeginning(bucket, target.objectKey, signal));
  if (existing === undefined || !isTombstone(existing.bytes)) return undefined;
  histories.remember(existing.version, existing.history);
  return replace(context, target, { bytes, nonce }, existing.version);
}

/** Deletes the record if its version is `expectedVersion`, and resolves with whether it did. */
export async function deleteRecord(
  context: RecordContext,
  key: ThreadKey,
  expectedVersion: Version,
  signal: AbortSignal,
): Promise<boolean> {
  const { bucket, selfCheck } = context;
  const { conditionalDelete, etagQuotes } = await withEffect("none", () => selfCheck.capabilities());
  const { objectKey, id } = targetOf(bucket, key);
  if (!isVersion(expectedVersion)) return false;
  if (conditionalDelete) {
    const condition = { "if-match": etagOf(expectedVersion, etagQuotes) };
    return deleteObject(bucket, objectKey, condition, signal);
  }
  const target: ReplaceTarget = { objectKey, id, etagQuotes, signal };
  return (await replace(context, target, createTombstone(), expectedVersion)) !== undefined;
}

interface ReplaceTarget {
  readonly objectKey: string;
  /** The id of the thread, if its key does not contain it. */
  readonly id: string | undefined;
  readonly etagQuotes: EtagQuotes;
  readonly signal: AbortSignal;
}

function targetOf({ prefix }: Bucket, key: ThreadKey): Pick<ReplaceTarget, "objectKey" | "id"> {
  return { objectKey: keyOf(prefix, key), id: hashedIdOf(key) };
}

async function replace(
  { bucket, histories }: RecordContext,
  { objectKey, id, etagQuotes, signal }: ReplaceTarget,
  { bytes, nonce }: Pick<RecordToWrite, "bytes" | "nonce">,
  expectedVersion: Version,
): Promise<Version | undefined> {
  if (!isVersion(expectedVersion)) return undefined;
  const history = histories.extend(expectedVersion, nonce);
  try {
    const condition = { IfMatch: etagOf(expectedVersion, etagQuotes) };
    const version = await putObject(bucket, objectKey, { bytes, history, id }, condition, signal);
    if (version !== undefined) histories.remember(version, history);
    return version;
  } catch (error) {
    const isServerError = (statusOf(error) ?? 0) >= 500;
    const wasReplaced = (): Promise<boolean> =>
      wasReplacedByOther(bucket, objectKey, { expectedVersion, nonce }, signal);
    if (isServerError && (await wasReplaced())) return undefined;
    throw error;
  }
}

/** Resolves with whether the stored object's history proves that another write replaced `expectedVersion`. */
async function wasReplacedByOther(
  bucket: Bucket,
  objectKey: string,
  { expectedVersion, nonce }: { readonly expectedVersion: Version; readonly nonce: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const winner = nonceOfReplacement(await getWriteHistory(bucket, objectKey, signal), expectedVersion);
    return winner !== undefined && winner !== nonce;
  } catch (error) {
    // Without a proof, core resolves the outcome.
    if (statusOf(error) === undefined && driverErrorOf(error) === undefined) throw error;
    return false;
  }
}

/** Reads enough of an object to recognize a tombstone. */
async function readBeginning(
  bucket: Bucket,
  objectKey: string,
  signal: AbortSignal,
): Promise<ReadObject | undefined> {
  const object = await getObject(bucket, objectKey, { Range: `bytes=0-${TOMBSTONE_BYTES}` }, signal);
  return typeof object === "object" ? object : undefined;
}
