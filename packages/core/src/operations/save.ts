import { APPEND_KEY, type AppendKeyOption, hashAppendKey } from "../encoding/append-keys.ts";
import { expectedVersionOf } from "../encoding/expected-version.ts";
import { checkInSlices, isLarge } from "../encoding/large-thread.ts";
import { PRESERVED_DETAILS, type PreservingOptions } from "../encoding/preserved-details.ts";
import { releaseRecordBuffer, threadBytes } from "../encoding/record.ts";
import { type Snapshot, storedThread } from "../encoding/snapshot.ts";
import {
  givenJson,
  type GivenThread,
  givenThread,
  type ThreadJson,
  threadJson,
} from "../encoding/thread-json.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { type Outcome, resolveOutcome } from "../runtime/resolve-outcome.ts";
import { countLostRaces } from "../runtime/retry.ts";
import { isYieldDue, yieldToEventLoop } from "../runtime/yield-to-event-loop.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { StoredThread, Version } from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../validation/decorated-metadata.ts";
import { hasExpired, requestedExpiry } from "../validation/expiry.ts";
import { checkedMetadata } from "../validation/metadata.ts";
import { checkOverwrite } from "../validation/overwrite.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { checkThreadSize } from "../validation/thread.ts";
import { conflict, lostRace, staleVersion } from "./conflict.ts";
import { createDraft, type Draft, NO_RECORD, type ReplacedRecord, type SaveRequest } from "./draft.ts";
import { readRecord, type RecordState } from "./read-record.ts";

const EXISTS =
  "The thread already exists, and the save did not specify `previous`. " +
  "Pass the loaded thread as `previous`, or `overwrite: true` to let the last writer win.";

type SaveOptions = PreservingOptions & AppendKeyOption & DecoratedMetadataOption;

/** Validates the arguments of a save, and encodes the record. */
export function saveRequest(
  key: ThreadKey,
  thread: unknown,
  options: SaveOptions,
  storeOptions: ResolvedStoreOptions,
): SaveRequest {
  const details = saveDetails(key, options, storeOptions);
  return withDraft(details, threadJson(thread, details.expected?.snapshot), storeOptions);
}

/** Validates the arguments of a save. Returns its work, which checks a large thread before it encodes the record. */
export function prepareSave(
  key: ThreadKey,
  thread: unknown,
  options: SaveOptions,
  storeOptions: ResolvedStoreOptions,
): (context: OperationContext) => MaybePromise<StoredThread> {
  const details = saveDetails(key, options, storeOptions);
  const given = givenThread(thread);
  const snapshot = details.expected?.snapshot;
  if (isLarge(given, snapshot)) return (context) => saveLarge(context, details, given);
  const request = withDraft(details, givenJson(given, snapshot, "thread"), storeOptions);
  return (context) => saveThread(context, request);
}

async function saveLarge(
  context: OperationContext,
  details: SaveDetails,
  given: GivenThread,
): Promise<StoredThread> {
  const pause = async (): Promise<void> => {
    if (isYieldDue()) await yieldToEventLoop();
    context.signal.throwIfAborted();
  };
  const checked = await checkInSlices(given, pause);
  await yieldToEventLoop();
  const json = givenJson(given, details.expected?.snapshot, "thread", checked);
  const request = withDraft(details, json, context.options);
  await yieldToEventLoop();
  return saveThread(context, request);
}

type SaveDetails = Omit<SaveRequest, "draft">;

function saveDetails(key: ThreadKey, options: SaveOptions, storeOptions: ResolvedStoreOptions): SaveDetails {
  const { previous, overwrite = false, ttlMs, expiresAt } = options;
  const { [APPEND_KEY]: appendKey, [PRESERVED_DETAILS]: preserved } = options;
  checkOverwrite(overwrite, previous);
  const expected = expectedVersionOf(key, previous, "save");
  const now = storeOptions.now();
  return {
    key,
    expected,
    overwrite,
    now,
    metadata: checkedMetadata(options),
    unindexed: options[DECORATED_METADATA] ?? [],
    appendKey: appendKey === undefined ? undefined : hashAppendKey(appendKey),
    expiry: requestedExpiry({ ttlMs, expiresAt }, now),
    storeTtlMs: storeOptions.ttlMs,
    preserved,
  };
}

/** Encodes the record. No caller's code may run before it is complete: the next save reuses the buffer of the text. */
function withDraft(
  details: SaveDetails,
  json: ThreadJson,
  { maxThreadBytes }: ResolvedStoreOptions,
): SaveRequest {
  checkThreadSize(json.unchanged + json.added.length, maxThreadBytes);
  const replaced = details.expected?.snapshot ?? NO_RECORD;
  return { ...details, draft: createDraft(details, json, replaced, details.now) };
}

/**
 * Saves a thread with a conditional write, even with `overwrite`: repeating the request can then never replace a
 * later save of another writer.
 */
export function saveThread(context: OperationContext, request: SaveRequest): MaybePromise<StoredThread> {
  const { expected, overwrite } = request;
  const creates = expected === undefined && !overwrite;
  return andThen(creates ? NO_RECORD : readReplaced(context, request), (replaced) => {
    const draft = draftFor(context, request, request.draft, replaced);
    return andThen(writeRecord(context, request.key, draft), (saved) =>
      saved === undefined ? saveAgain(context, request, draft) : storedThread(saved),
    );
  });
}

/** Saves a thread after the draft lost a race. */
async function saveAgain(
  context: OperationContext,
  request: SaveRequest,
  refused: Draft,
): Promise<StoredThread> {
  const { key, expected } = request;
  const races = countLostRaces(context);
  for (let draft = refused; ;) {
    if (expected !== undefined) throw await lostRace(context, key);
    const current = await readReplaced(context, request);
    await races.next(current.version === draft.replaced.version);
    // A new object, so that the next write gets another nonce.
    draft = draftFor(context, request, draft, { ...current });
    const saved = await writeRecord(context, key, draft);
    if (saved !== undefined) return storedThread(saved);
  }
}

/** Returns the draft if it replaces this record, and otherwise one that does. */
function draftFor(
  context: OperationContext,
  request: SaveRequest,
  draft: Draft,
  replaced: ReplacedRecord,
): Draft {
  context.bytes = undefined;
  if (replaced === draft.replaced) return draft;
  const json = { unchanged: 0, added: threadBytes(draft.record), parsed: draft.parsed };
  return createDraft(request, json, replaced, context.options.now());
}

/** Returns the record that the save may replace. Throws `CONFLICT` or `CORRUPT` if its options do not allow that. */
function readReplaced(context: OperationContext, request: SaveRequest): MaybePromise<ReplacedRecord> {
  const { key, expected, overwrite } = request;
  if (expected?.snapshot === undefined) {
    return andThen(readRecord(context, key), (stored) =>
      expected === undefined ? replaceable(stored, overwrite) : requireVersion(expected.version, stored),
    );
  }
  if (hasExpired(expected.snapshot.record.trailer.expiresAt, context.options.now())) {
    throw conflict("The version in `previous` has expired. Omit `previous` to create the thread.", undefined);
  }
  return expected.snapshot;
}

/** Returns what a save without `previous` replaces. */
function replaceable(stored: RecordState | undefined, overwrite: boolean): ReplacedRecord {
  if (stored === undefined) return NO_RECORD;
  if (stored.state === "expired") return { version: stored.version, record: undefined };
  if (stored.state === "corrupt") {
    if (!overwrite) throw corruptRecord(stored.corruption);
    return { version: stored.version, record: undefined };
  }
  if (!overwrite) throw conflict(EXISTS, stored.version);
  return stored;
}

function requireVersion(version: Version, stored: RecordState | undefined): ReplacedRecord {
  if (stored?.version === version && stored.state === "live") return stored;
  if (stored?.version === version && stored.state === "corrupt") throw corruptRecord(stored.corruption);
  throw staleVersion(stored);
}

function writeRecord(
  context: OperationContext,
  key: ThreadKey,
  { record, toWrite, replaced, parsed }: Draft,
): MaybePromise<Snapshot | undefined> {
  const { driver, signal } = context;
  context.bytes = record.trailer.size;
  let attempts = 0;
  return resolveOutcome(context, {
    apply: () => {
      attempts += 1;
      return andThen(driver.write(key, toWrite, replaced.version, { signal }), (version) => {
        if (version === undefined) return undefined;
        // After a failed attempt, a request that still sends the buffer may be on its way.
        if (attempts === 1) releaseRecordBuffer(record);
        return { key, version, record, parsed };
      });
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
