import { APPEND_KEY, hasAppendKey, hashAppendKey, withAppendKey } from "../encoding/append-keys.ts";
import { appendToText, findArrayEnd, noArrayEnd } from "../encoding/array-end.ts";
import { appendingPatch } from "../encoding/record-end.ts";
import { threadJson } from "../encoding/thread-json.ts";
import { ThreadStoreError } from "../errors.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { AppendOptions, AppendResult, Version } from "../thread-store.ts";
import { checkCreate, checkedAppendKey } from "../validation/append-options.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import { DECORATED_METADATA } from "../validation/decorated-metadata.ts";
import { elementsText } from "../validation/elements.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { checkThreadSize } from "../validation/thread.ts";
import { checkedVersion } from "../validation/version.ts";
import { missingThread, staleVersion } from "./conflict.ts";
import { detailsAfter, patchRecord, touchResult, type TrailerChange, trailerChange } from "./patch-record.ts";
import { type EndState, readEnd, readWholeEnd } from "./read-end.ts";
import { saveRequest, saveThread } from "./save.ts";

/** The validated arguments of an append. */
export interface AppendRequest extends TrailerChange {
  readonly key: ThreadKey;
  /** The JSON of the elements, separated by commas. */
  readonly elements: string;
  readonly appendKey: string | undefined;
  readonly previous: Version | undefined;
  /** The JSON of the thread to create, with the elements. */
  readonly created: string | undefined;
}

export function appendRequest(
  key: ThreadKey,
  elements: unknown,
  { key: appendKey, create, previous, ...change }: AppendOptions,
  options: ResolvedStoreOptions,
): AppendRequest {
  const version = checkedVersion(key.id, previous, "append");
  checkCreate(create, version);
  const text = elementsText(elements);
  return {
    key,
    elements: text,
    appendKey: checkedAppendKey(appendKey),
    previous: version,
    created: create === undefined ? undefined : appendToText(createdText(create), text),
    ...trailerChange(change, options),
  };
}

/** Returns the JSON of the thread in the option `create`. */
function createdText(create: unknown): string {
  return threadJson(create, undefined, "create").added.toString();
}

/** Appends to the stored thread, or creates it. Starts over if another writer changes the thread first. */
export function appendElements(
  context: OperationContext,
  request: AppendRequest,
): MaybePromise<AppendResult> {
  return andThen(readArrayEnd(context, request.key), (stored) =>
    andThen(attempt(context, request, stored), (result) => result ?? appendAgain(context, request, stored)),
  );
}

async function appendAgain(
  context: OperationContext,
  request: AppendRequest,
  refused: EndState | undefined,
): Promise<AppendResult> {
  const races = countLostRaces(context);
  for (let earlier = refused; ;) {
    const stored = await readArrayEnd(context, request.key);
    await races.next(stored?.version === earlier?.version);
    const result = await attempt(context, request, stored);
    if (result !== undefined) return result;
    earlier = stored;
  }
}

/** Resolves with `undefined` if another writer was first. */
function attempt(
  context: OperationContext,
  request: AppendRequest,
  stored: EndState | undefined,
): MaybePromise<AppendResult | undefined> {
  const isMissing = stored === undefined || stored.state === "expired";
  return isMissing ? createThread(context, request) : appendTo(context, request, stored);
}

/** Reads as much of the record as it takes to find the end of its array. */
function readArrayEnd(context: OperationContext, key: ThreadKey): MaybePromise<EndState | undefined> {
  return andThen(readEnd(context, key), (stored) => {
    if (stored?.state !== "live" || stored.end.record !== undefined) return stored;
    return findArrayEnd(stored.end.content) === undefined ? readWholeEnd(context, key) : stored;
  });
}

/** Resolves with `undefined` if another writer created the thread first. */
async function createThread(
  context: OperationContext,
  { key, previous, created, appendKey, metadata, unindexed, expiry }: AppendRequest,
): Promise<AppendResult | undefined> {
  if (previous !== undefined) throw staleVersion(undefined);
  if (created === undefined) throw missingThread();
  // The metadata have been checked.
  const options = { metadata, ...expiry, [APPEND_KEY]: appendKey, [DECORATED_METADATA]: unindexed };
  try {
    const saved = await saveThread(context, saveRequest(key, created, options, context.options));
    const { id, version, size, createdAt, updatedAt, expiresAt } = saved;
    return { id, version, size, createdAt, updatedAt, expiresAt, metadata: saved.metadata, appended: true };
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

/** Resolves with `undefined` if another writer changed the thread first. */
function appendTo(
  context: OperationContext,
  request: AppendRequest,
  stored: EndState,
): MaybePromise<AppendResult | undefined> {
  const { key, elements, appendKey, previous } = request;
  if (stored.state === "corrupt") throw corruptRecord(stored.corruption);
  const { version, end } = stored;
  const { trailer } = end;
  const hashedKey = appendKey === undefined ? undefined : hashAppendKey(appendKey);
  if (hashedKey !== undefined && hasAppendKey(trailer.appendKeys, hashedKey)) {
    return { ...touchResult(key.id, { version, trailer }), appended: false };
  }
  if (previous !== undefined && previous !== version) throw staleVersion(stored);
  const arrayEnd = findArrayEnd(end.content);
  if (arrayEnd === undefined) throw noArrayEnd();
  const details = {
    ...detailsAfter(context, trailer, request),
    appendKeys: withAppendKey(trailer.appendKeys, hashedKey),
  };
  const patched = appendingPatch(end, arrayEnd, elements, details, request.unindexed);
  checkThreadSize(patched.trailer.size, context.options.maxThreadBytes);
  return andThen(
    patchRecord(context, key, version, patched),
    (appended) => appended && { ...touchResult(key.id, appended), appended: true },
  );
}
