import {
  APPEND_KEY,
  type AppendKeyOption,
  hashAppendKey,
  joinAppendKeys,
  withAppendKey,
} from "../encoding/append-keys.ts";
import { type ExpectedVersion, expectedVersionOf } from "../encoding/expected-version.ts";
import { newNonce } from "../encoding/nonce.ts";
import {
  PRESERVED_DETAILS,
  type PreservedDetails,
  type PreservingOptions,
} from "../encoding/preserved-details.ts";
import { encodeRecord, releaseRecordBuffer, threadBytes, type ThreadRecord } from "../encoding/record.ts";
import { type Snapshot, storedThread } from "../encoding/snapshot.ts";
import { type ThreadJson, threadJson } from "../encoding/thread-json.ts";
import type { Trailer } from "../encoding/trailer.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { type Outcome, resolveOutcome } from "../runtime/resolve-outcome.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { StoredThread, ThreadMetadata, Version } from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../validation/decorated-metadata.ts";
import {
  type Expiry,
  expiryAfterSave,
  type ExpiryOptions,
  hasExpired,
  requestedExpiry,
} from "../validation/expiry.ts";
import { checkedMetadata } from "../validation/metadata.ts";
import { checkOverwrite } from "../validation/overwrite.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { checkThreadSize } from "../validation/thread.ts";
import { conflict, lostRace, staleVersion } from "./conflict.ts";
import { readRecord, type RecordState } from "./read-record.ts";

/** The validated arguments of a save, complete before the first step: later changes by the caller have no effect. */
export interface SaveRequest {
  readonly key: ThreadKey;
  readonly expected: ExpectedVersion | undefined;
  readonly overwrite: boolean;
  readonly metadata: ThreadMetadata | undefined;
  /** The members of the metadata that backends do not index. */
  readonly unindexed: readonly string[];
  /** The hash of the append key that the record remembers from this save on. */
  readonly appendKey: string | undefined;
  readonly expiry: ExpiryOptions;
  /** The store's `ttlMs`. */
  readonly storeTtlMs: number | undefined;
  /** The details to store instead of new ones. */
  readonly preserved: PreservedDetails | undefined;
  /** Encoded to replace the snapshot in `expected`, or no record. To replace another, it must be encoded again. */
  readonly draft: Draft;
}

/** A record that is ready to be written. */
interface Draft extends ReturnType<typeof encodeRecord> {
  readonly replaced: ReplacedRecord;
  readonly parsed: ThreadJson["parsed"];
}

/**
 * The record that a save replaces: none, or the one at `version`. `record` is `undefined` if that one is corrupt or
 * expired.
 */
interface ReplacedRecord {
  readonly version: Version | undefined;
  readonly record: ThreadRecord | undefined;
}

const NO_RECORD: ReplacedRecord = { version: undefined, record: undefined };
const EXISTS =
  "The thread already exists, and the save did not specify `previous`. " +
  "Pass the loaded thread as `previous`, or `overwrite: true` to let the last writer win.";

export function saveRequest(
  key: ThreadKey,
  thread: unknown,
  options: PreservingOptions & AppendKeyOption & DecoratedMetadataOption,
  storeOptions: ResolvedStoreOptions,
): SaveRequest {
  const { previous, overwrite = false, ttlMs, expiresAt } = options;
  const { [APPEND_KEY]: appendKey, [PRESERVED_DETAILS]: preserved } = options;
  checkOverwrite(overwrite, previous);
  const expected = expectedVersionOf(key, previous, "save");
  const now = storeOptions.now();
  const request = {
    key,
    expected,
    overwrite,
    metadata: checkedMetadata(options),
    unindexed: options[DECORATED_METADATA] ?? [],
    appendKey: appendKey === undefined ? undefined : hashAppendKey(appendKey),
    expiry: requestedExpiry({ ttlMs, expiresAt }, now),
    storeTtlMs: storeOptions.ttlMs,
    preserved,
  };
  // Last, because the text is encoded into a buffer that the next save reuses: no caller's code may run after this.
  const json = threadJson(thread, expected?.snapshot);
  checkThreadSize(json.unchanged + json.added.length, storeOptions.maxThreadBytes);
  return { ...request, draft: createDraft(request, json, expected?.snapshot ?? NO_RECORD, now) };
}

function createDraft(
  { key, metadata, unindexed, appendKey, expiry, storeTtlMs, preserved }: Omit<SaveRequest, "draft">,
  json: ThreadJson,
  replaced: ReplacedRecord,
  time: number,
): Draft {
  const replacedTrailer = replaced.record?.trailer;
  const now = Math.max(time, replacedTrailer?.updatedAt ?? 0);
  const details = {
    ...key,
    nonce: newNonce(),
    createdAt: replacedTrailer?.createdAt ?? now,
    updatedAt: now,
    // From the time in the record: this clock may show an earlier time than the clock that wrote the replaced record.
    ...expiryAfterSave(expiry, replacedTrailer, storeTtlMs, now),
    appendKeys: withAppendKey(replacedTrailer?.appendKeys ?? "", appendKey),
    ...(preserved && trailerDetailsOf(preserved)),
    metadata: metadata ?? replacedTrailer?.metadata ?? {},
  };
  return { ...encodeRecord(json, details, replaced.record, unindexed), replaced, parsed: json.parsed };
}

function trailerDetailsOf({
  hasFixedExpiry,
  appendKeys,
  ...times
}: PreservedDetails): Expiry & Pick<Trailer, "createdAt" | "updatedAt" | "appendKeys"> {
  return {
    createdAt: times.createdAt.getTime(),
    updatedAt: times.updatedAt.getTime(),
    expiresAt: times.expiresAt?.getTime(),
    hasFixedExpiry,
    appendKeys: joinAppendKeys(appendKeys),
  };
}

/**
 * Saves a thread with a conditional write, even with `overwrite`: repeating the request can then never replace a
 * later save of another writer.
 */
export async function saveThread(context: OperationContext, request: SaveRequest): Promise<StoredThread> {
  const { key, expected, overwrite } = request;
  let { draft } = request;
  let replaced = expected === undefined && !overwrite ? NO_RECORD : await readReplaced(context, request);
  const races = countLostRaces(context);
  for (;;) {
    context.bytes = undefined;
    if (replaced !== draft.replaced) {
      const json = { unchanged: 0, added: threadBytes(draft.record), parsed: draft.parsed };
      draft = createDraft(request, json, replaced, context.options.now());
    }
    const saved = await writeRecord(context, key, draft);
    if (saved !== undefined) return storedThread(saved);
    if (expected !== undefined) throw await lostRace(context, key);
    const current = await readReplaced(context, request);
    await races.next(current.version === replaced.version);
    // A new object, so that the next write gets another nonce.
    replaced = { ...current };
  }
}

/** Returns the record that the save may replace. Throws `CONFLICT` or `CORRUPT` if its options do not allow that. */
async function readReplaced(
  context: OperationContext,
  { key, expected, overwrite }: SaveRequest,
): Promise<ReplacedRecord> {
  const now = context.options.now();
  if (expected?.snapshot !== undefined) {
    if (hasExpired(expected.snapshot.record.trailer.expiresAt, now)) {
      throw conflict(
        "The version in `previous` has expired. Omit `previous` to create the thread.",
        undefined,
      );
    }
    return expected.snapshot;
  }
  const stored = await readRecord(context, key);
  if (expected !== undefined) return requireVersion(expected.version, stored);
  if (stored === undefined) return NO_RECORD;
  if (stored.state === "corrupt") {
    if (!overwrite) throw corruptRecord(stored.corruption);
    return { version: stored.version, record: undefined };
  }
  if (stored.state === "expired") return { version: stored.version, record: undefined };
  if (!overwrite) throw conflict(EXISTS, stored.version);
  return stored;
}

function requireVersion(version: Version, stored: RecordState | undefined): ReplacedRecord {
  if (stored?.version === version && stored.state === "live") return stored;
  if (stored?.version === version && stored.state === "corrupt") throw corruptRecord(stored.corruption);
  throw staleVersion(stored);
}

async function writeRecord(
  context: OperationContext,
  key: ThreadKey,
  { record, toWrite, replaced, parsed }: Draft,
): Promise<Snapshot | undefined> {
  const { driver, signal } = context;
  context.bytes = record.trailer.size;
  let attempts = 0;
  return resolveOutcome(context, {
    apply: async () => {
      attempts += 1;
      const version = await driver.write(key, toWrite, replaced.version, { signal });
      if (version === undefined) return undefined;
      // After a failed attempt, a request that still sends the buffer may be on its way.
      if (attempts === 1) releaseRecordBuffer(record);
      return { key, version, record, parsed };
    },
    readOutcome: async (): Promise<Outcome<Snapshot>> => {
      const stored = await readRecord(context, key);
      if (stored === undefined) return replaced.version === undefined ? "absent" : "superseded";
      if (stored.version === replaced.version) return "unchanged";
      const isOwn = stored.state !== "corrupt" && stored.record.trailer.nonce === toWrite.nonce;
      return isOwn ? { key, version: stored.version, record, parsed } : "superseded";
    },
  });
}
