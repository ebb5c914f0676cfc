import type { RecordToWrite, StoredRecord, ThreadKey, Version } from "@threadstore/core";
import type { Bucket } from "./client.ts";
import { explain, statusOf } from "./explain.ts";
import { type Histories, replacedBy } from "./history.ts";
import { keyOf } from "./keys.ts";
import type { FoundTombstone } from "./listing.ts";
import {
  deleteObject,
  etagOf,
  getObject,
  historyAt,
  isVersion,
  putObject,
  type ReadObject,
} from "./objects.ts";
import { mapInParallel } from "./parallel.ts";
import { type ProviderFinder, unmodifiedSince } from "./self-check.ts";
import { isTombstone, newTombstone, tombstoneBytes } from "./tombstone.ts";

/** What the steps of one driver share. */
export interface Records {
  readonly bucket: Bucket;
  readonly provider: ProviderFinder;
  readonly histories: Histories;
  /** Failures before anything was sent that could change a thread. */
  readonly harmless: WeakSet<Error>;
}

// Far more than the clocks of a service's machines may differ: S3 refuses requests that are 15 minutes off.
const tombstoneAgeMs = 3_600_000;

export async function readRecord(
  { bucket, histories }: Records,
  key: ThreadKey,
  known: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  // Quoted, whatever writes want: every provider takes it so when reading.
  const condition = known === undefined ? {} : { IfNoneMatch: etagOf(known, "keep") };
  const found = await getObject(bucket, keyOf(bucket.prefix, key), condition, signal);
  if (found === "unchanged" && known !== undefined) return { version: known, bytes: undefined };
  if (typeof found !== "object" || isTombstone(found.bytes)) return undefined;
  histories.remember(found.version, found.history);
  return found;
}

export async function writeRecord(
  records: Records,
  key: ThreadKey,
  { bytes, nonce }: RecordToWrite,
  expected: Version | undefined,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const { bucket, histories } = records;
  await beforehand(records, records.provider.find());
  const at = keyOf(bucket.prefix, key);
  if (expected !== undefined) return replace(records, at, { bytes, nonce }, expected, signal);
  const created = await putObject(bucket, at, { bytes }, { IfNoneMatch: "*" }, signal);
  if (created !== undefined) return created;
  const there = await beforehand(records, peek(bucket, at, signal));
  if (there === undefined || !isTombstone(there.bytes)) return undefined;
  histories.remember(there.version, there.history);
  return replace(records, at, { bytes, nonce }, there.version, signal);
}

export async function deleteRecord(
  records: Records,
  key: ThreadKey,
  expected: Version,
  signal: AbortSignal,
): Promise<boolean> {
  const { bucket } = records;
  const { conditionalDelete, etagQuotes } = await beforehand(records, records.provider.find());
  const at = keyOf(bucket.prefix, key);
  if (!isVersion(expected)) return false;
  if (conditionalDelete)
    return deleteObject(bucket, at, { "if-match": etagOf(expected, etagQuotes) }, signal);
  return (await replace(records, at, newTombstone(), expected, signal)) !== undefined;
}

/**
 * Removes the old ones of some tombstones, where that cannot hurt. A delete that only looked first could take a
 * thread that was created meanwhile, however late it arrives. These name the tombstone; or, where Ceph's own
 * condition is all there is, the second in which it was written. All clocks of the service are past that by now:
 * whatever replaces the tombstone was written later.
 */
export async function buryTombstones(
  { bucket, provider }: Records,
  tombstones: readonly FoundTombstone[],
  signal: AbortSignal,
): Promise<void> {
  const old = tombstones.filter(({ writtenAt, readAt }) => readAt - writtenAt > tombstoneAgeMs);
  if (old.length === 0) return;
  try {
    const { etagQuotes, conditionalDelete, deleteIfUnmodified } = await provider.find();
    if (!conditionalDelete && !deleteIfUnmodified) return;
    await mapInParallel(old, ({ key, version, writtenAt }) => {
      const condition = conditionalDelete
        ? { "if-match": etagOf(version, etagQuotes) }
        : { [unmodifiedSince]: new Date(writtenAt).toISOString() };
      return deleteObject(bucket, key, condition, signal);
    });
  } catch (error) {
    // Who may only read may list all the same.
    if (explain(error, true)?.code !== "ACCESS_DENIED") throw error;
  }
}

async function replace(
  { bucket, provider, histories }: Records,
  at: string,
  { bytes, nonce }: Pick<RecordToWrite, "bytes" | "nonce">,
  expected: Version,
  signal: AbortSignal,
): Promise<Version | undefined> {
  if (!isVersion(expected)) return undefined;
  const { etagQuotes } = await provider.find();
  const history = histories.next(expected, nonce);
  try {
    const condition = { IfMatch: etagOf(expected, etagQuotes) };
    const version = await putObject(bucket, at, { bytes, history }, condition, signal);
    if (version !== undefined) histories.remember(version, history);
    return version;
  } catch (error) {
    if ((statusOf(error) ?? 0) >= 500 && (await lostTo(bucket, at, expected, nonce, signal)))
      return undefined;
    throw error;
  }
}

/** Whether the history of what is there proves that another write replaced `expected`, and not this one. */
async function lostTo(
  bucket: Bucket,
  at: string,
  expected: Version,
  nonce: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const winner = replacedBy(await historyAt(bucket, at, signal), expected);
    return winner !== undefined && winner !== nonce;
  } catch (error) {
    // Nothing is proved then, and core looks for itself.
    if (statusOf(error) === undefined && explain(error, true) === undefined) throw error;
    return false;
  }
}

/** The beginning of an object: enough to know a tombstone. */
async function peek(bucket: Bucket, at: string, signal: AbortSignal): Promise<ReadObject | undefined> {
  const found = await getObject(bucket, at, { Range: `bytes=0-${tombstoneBytes}` }, signal);
  return typeof found === "object" ? found : undefined;
}

/** A step before anything is sent that could change the thread: its failure leaves no doubt about that. */
async function beforehand<T>({ harmless }: Records, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Error) harmless.add(error);
    throw error;
  }
}
