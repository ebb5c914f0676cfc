import { createHash, randomUUID } from "node:crypto";
import type {
  AppendOptions,
  AppendResult,
  StoredThread,
  StoreOptions,
  TouchOptions,
  TouchResult,
} from "@threadstore/core";
import type { PreservingOptions } from "@threadstore/core/decorator";
import { checkSize, checkedMetadata, defaultExpiry, expiryOf, versionOf } from "./plain-arguments.ts";
import { invalidArgument, textOfThread } from "./plain-json.ts";
import { encodeRow, type PlainDetails, type PlainRow, preservedDetails } from "./plain-record.ts";
import { checkVersion, conflict, corrupt, decodedThread, type LiveRow } from "./plain-rules.ts";

/** The row of the thread that a call changes. */
export interface RowAccess {
  readonly options: StoreOptions;
  readonly find: () => LiveRow | undefined;
  readonly put: Put;
}

type Put = (json: string, replaced: PlainDetails | undefined, key?: string) => StoredThread;

/** Validates the options of a change, and returns a function that stores the thread. */
export function preparePut(
  id: string,
  { ttlMs, expiresAt, ...options }: PreservingOptions,
  now: number,
  storeOptions: StoreOptions,
  store: (row: PlainRow) => void,
): Put {
  const metadata = checkedMetadata(options.metadata);
  const expiry = expiryOf({ ttlMs, expiresAt }, now);
  return (json, replaced, key) => {
    const updatedAt = Math.max(now, replaced?.updatedAt ?? 0);
    const named = ttlMs === undefined ? expiry : expiryOf({ ttlMs }, updatedAt);
    const row = encodeRow(randomUUID(), {
      id,
      json,
      metadata: metadata ?? replaced?.metadata ?? {},
      createdAt: replaced?.createdAt ?? now,
      updatedAt,
      ...(named ?? defaultExpiry(replaced, storeOptions, updatedAt)),
      keys: withKey(replaced?.keys ?? [], key),
      ...preservedDetails(options),
    });
    store(row);
    return decodedThread(id, row);
  };
}

/** Validates the arguments of an append, and returns a function that applies it. */
export function prepareAppend(
  id: string,
  elements: unknown,
  { previous, create, ...options }: AppendOptions,
  { find, put, options: storeOptions }: RowAccess,
): () => AppendResult {
  const added = textOfElements(elements);
  const key = checkedKey(options);
  const version = versionOf(id, previous);
  if (version !== undefined && create !== undefined)
    throw invalidArgument("`create` and `previous` must not be combined.");
  const created = create === undefined ? undefined : withElements(textOfThread(create), added);
  return () => {
    const current = find();
    if (current !== undefined && current.details === undefined) throw corrupt(id);
    const replaced = current?.details;
    if (current !== undefined && key !== undefined && replaced?.keys.includes(key) === true) {
      return { ...withoutContent(decodedThread(id, current.row)), appended: false };
    }
    if (version !== undefined) checkVersion(id, current, version);
    const json = replaced === undefined ? created : withElements(replaced.json, added);
    if (json === undefined) throw conflict(id, undefined);
    checkSize(json, storeOptions.maxThreadBytes);
    return { ...withoutContent(put(json, replaced, key)), appended: true };
  };
}

/** Validates the arguments of a touch, and returns a function that applies it. */
export function prepareTouch(
  id: string,
  { previous }: TouchOptions,
  { find, put }: RowAccess,
): () => TouchResult | undefined {
  const version = versionOf(id, previous);
  return () => {
    const current = find();
    if (version !== undefined) checkVersion(id, current, version);
    if (current === undefined) return undefined;
    if (current.details === undefined) throw corrupt(id);
    return withoutContent(put(current.details.json, current.details));
  };
}

/** Returns the elements of an append as JSON, separated by commas. */
function textOfElements(elements: unknown): string {
  if (!Array.isArray(elements) || elements.length === 0)
    throw invalidArgument("`elements` must be a non-empty array.");
  return textOfThread({ elements }).slice('{"elements":['.length, -"]}".length);
}

/** Returns the text of a thread with elements added to the array that is its last member. */
function withElements(text: string, elements: string): string {
  const closing = /\][ \t\r\n]*\}[ \t\r\n]*$/u.exec(text);
  if (closing === null) throw invalidArgument("The last member of the thread must be an array.");
  const start = text.slice(0, closing.index);
  const separator = /\[[ \t\r\n]*$/u.test(start) ? "" : ",";
  return start + separator + elements + text.slice(closing.index);
}

/** Returns the hash by which stores remember the key. */
function checkedKey({ key }: AppendOptions): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key === "string" && key !== "" && key.isWellFormed() && Buffer.byteLength(key) <= 256)
    return createHash("sha256").update(key).digest("base64url").slice(0, 12);
  throw invalidArgument("`key` must be well-formed text of 1 to 256 bytes.");
}

const REMEMBERED_KEYS = 100;

function withKey(keys: readonly string[], key: string | undefined): readonly string[] {
  return key === undefined ? keys : [...keys, key].slice(-REMEMBERED_KEYS);
}

function withoutContent(stored: StoredThread): TouchResult {
  const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
  return { id, version, size, createdAt, updatedAt, expiresAt, metadata };
}
