import { type ExpectedVersion, expectedVersionOf } from "../encoding/expected-version.ts";
import { newNonce } from "../encoding/nonce.ts";
import { encodeRecord, recordIsStored, threadBytes, type ThreadRecord } from "../encoding/record.ts";
import { type Snapshot, storedThread } from "../encoding/snapshot.ts";
import { type ThreadJson, threadJson } from "../encoding/thread-json.ts";
import { ThreadStoreError } from "../errors.ts";
import type { Call } from "../runtime/operation-context.ts";
import { settle, type Trace } from "../runtime/resolve-outcome.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { SaveOptions, StoredThread, ThreadMetadata, Version } from "../thread-store.ts";
import { expiryOf, hasExpired } from "../validation/expiry.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkedMetadata } from "../validation/metadata.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { conflict, corrupt, type Found, lookUp, lostRace, MOVED_ON } from "./read-record.ts";

/** A save as it was asked for, complete before the first step: nothing the caller does later changes it. */
export interface SaveRequest {
  readonly key: ThreadKey;
  readonly expected: ExpectedVersion | undefined;
  readonly overwrite: boolean;
  readonly metadata: ThreadMetadata | undefined;
  readonly expiresAt: number | undefined;
  /** What replaces the snapshot in `expected`, or nothing. Against anything else it has to be encoded anew. */
  readonly draft: Draft;
}

/** A record that can be written. */
interface Draft extends ReturnType<typeof encodeRecord> {
  readonly base: Base;
  readonly checked: ThreadJson["checked"];
}

/** What a record replaces: nothing, or `version`, whose `record` is known unless it is damaged. */
interface Base {
  readonly version: Version | undefined;
  readonly record: ThreadRecord | undefined;
}

const NOTHING: Base = { version: undefined, record: undefined };
const EXISTS =
  "The thread exists already, and the save named no previous version. " +
  "Pass what you loaded as previous, or overwrite: true for the last writer to win.";

export function saveRequest(
  key: ThreadKey,
  thread: unknown,
  { previous, overwrite = false, metadata, ttlMs, expiresAt }: SaveOptions,
  options: ResolvedStoreOptions,
): SaveRequest {
  if (typeof overwrite !== "boolean") throw invalidArgument("overwrite is true or false.");
  if (overwrite && previous !== undefined)
    throw invalidArgument("Give either previous or overwrite, not both.");
  const expected = expectedVersionOf(key, previous);
  const now = options.now();
  const request = {
    key,
    expected,
    overwrite,
    metadata: metadata === undefined ? undefined : checkedMetadata(metadata),
    expiresAt: expiryOf({ ttlMs, expiresAt }, options.ttlMs, now),
  };
  // Last, for the text is encoded where that of the next save will be: nothing of the caller's runs behind it.
  const json = threadJson(thread, expected?.snapshot);
  const bytes = json.kept + json.rest.length;
  if (bytes > options.maxThreadBytes) {
    const message = `The thread has ${bytes} bytes and may have ${options.maxThreadBytes}. Raise maxThreadBytes, or shorten it.`;
    throw new ThreadStoreError("TOO_LARGE", message);
  }
  return { ...request, draft: draftOf(request, json, expected?.snapshot ?? NOTHING, now) };
}

function draftOf(
  { key, metadata, expiresAt }: Omit<SaveRequest, "draft">,
  json: ThreadJson,
  base: Base,
  time: number,
): Draft {
  const before = base.record?.trailer;
  const now = Math.max(time, before?.updatedAt ?? 0);
  const details = {
    ...key,
    nonce: newNonce(),
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    expiresAt,
    metadata: metadata ?? before?.metadata ?? {},
  };
  return { ...encodeRecord(json, details, base.record), base, checked: json.checked };
}

/**
 * Saves by one conditional write, also when it overwrites: a write that is sent again can then never replace
 * somebody else's later save.
 */
export async function saveThread(call: Call, request: SaveRequest): Promise<StoredThread> {
  const { key, expected, overwrite } = request;
  let { draft } = request;
  let base = expected === undefined && !overwrite ? NOTHING : await baseOf(call, request);
  for (;;) {
    call.bytes = undefined;
    if (base !== draft.base) {
      const { record, checked } = draft;
      draft = draftOf(request, { kept: 0, rest: threadBytes(record), checked }, base, call.options.now());
    }
    const saved = await writeRecord(call, request, draft);
    if (saved !== undefined) return storedThread(saved);
    if (expected !== undefined) throw await lostRace(call, key, MOVED_ON);
    // A copy, so that another write gets another nonce.
    base = { ...(await baseOf(call, request)) };
  }
}

/** What the save is to replace, as its options say and the backend has it now. */
async function baseOf(call: Call, { key, expected, overwrite }: SaveRequest): Promise<Base> {
  const now = call.options.now();
  if (expected?.snapshot !== undefined) {
    if (hasExpired(expected.snapshot.record.trailer.expiresAt, now))
      throw conflict("The previous version has expired.", undefined);
    return expected.snapshot;
  }
  const found = await lookUp(call, key);
  if (expected !== undefined) return baseAt(expected.version, found);
  if (found === undefined) return NOTHING;
  if (found.state === "damaged") {
    if (!overwrite) throw corrupt(found.damage);
    return { version: found.version, record: undefined };
  }
  if (found.state === "expired") return { version: found.version, record: undefined };
  if (!overwrite) throw conflict(EXISTS, found.version);
  return found;
}

function baseAt(version: Version, found: Found | undefined): Base {
  if (found?.version === version && found.state === "live") return found;
  if (found?.version === version && found.state === "damaged") throw corrupt(found.damage);
  throw conflict(MOVED_ON, found?.state === "live" ? found.version : undefined);
}

async function writeRecord(
  call: Call,
  { key }: SaveRequest,
  { record, toWrite, base, checked }: Draft,
): Promise<Snapshot | undefined> {
  call.bytes = record.trailer.size;
  let tries = 0;
  return settle(call, {
    apply: async () => {
      tries += 1;
      const version = await call.driver.write(key, toWrite, base.version, { signal: call.signal });
      if (version === undefined) return undefined;
      // After a try that failed, something of it may still be on its way.
      if (tries === 1) recordIsStored(record);
      return { key, version, record, checked };
    },
    lookBack: async (): Promise<Trace<Snapshot>> => {
      const found = await lookUp(call, key);
      if (found === undefined) return base.version === undefined ? "absent" : "superseded";
      if (found.version === base.version) return "untouched";
      const isMine = found.state !== "damaged" && found.record.trailer.nonce === toWrite.nonce;
      return isMine ? { key, version: found.version, record, checked } : "superseded";
    },
  });
}
