import type { Version } from "@threadstore/core";
import { metadataHashes, type RecordToWrite, type ThreadKey } from "@threadstore/core/driver";
import {
  chunkedAfter,
  firstChangedChunk,
  keepsChunks,
  prepareInsertThread,
  prepareRemoveChunks,
  prepareReplaceVersion,
  prepareSelectStored,
  prepareStoreChunks,
  prepareUpdateThread,
  type StoredRow,
  storedRow,
} from "./chunks.ts";
import { encodeKey } from "./keys.ts";
import type { KnownRows } from "./known-rows.ts";
import { prepareMetadata } from "./metadata-index.ts";
import type { SqliteDatabase } from "./options.ts";
import { CHUNK_BYTES } from "./schema.ts";

/** Creates or replaces a record if the expected version is stored. Returns the new version; `undefined` if it is not. */
export type WriteRecord = (
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
) => Version | undefined;

export function prepareWrite(database: SqliteDatabase, rows: KnownRows): WriteRecord {
  const replaceEnd = prepareReplaceEnd(database);
  const writeAll = prepareWriteAll(database);
  return (key, record, expectedVersion) => {
    const known = rows.get(expectedVersion);
    const stored = replaceEnd(known, key, record, expectedVersion) ?? writeAll(key, record, expectedVersion);
    if (stored === undefined) return undefined;
    rows.replace(expectedVersion, record.nonce, stored);
    return record.nonce;
  };
}

/**
 * Prepares the compare-and-set of a record of which only the row changes, as in two of three saves of a thread that grows:
 * one statement, which is a transaction by itself. Returns `undefined` if more has to change, or the row is another one.
 */
function prepareReplaceEnd(
  database: SqliteDatabase,
): (
  known: StoredRow | undefined,
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
) => StoredRow | undefined {
  const replaceVersion = prepareReplaceVersion(database);
  return (
    known,
    key,
    { bytes, unchanged, trailerLength, nonce, updatedAt, changedMetadata },
    expectedVersion,
  ) => {
    if (known === undefined || known.chunked === null || expectedVersion === undefined) return undefined;
    if (changedMetadata !== undefined) return undefined;
    const size = bytes.length - trailerLength;
    const chunked = chunkedAfter(known.chunked, unchanged, size);
    if (!keepsChunks(known, unchanged, chunked)) return undefined;
    const row = { nonce, size, updatedAt, end: bytes.subarray(chunked) };
    return replaceVersion(known.thread, encodeKey(key), expectedVersion, row) ? known : undefined;
  };
}

/** Prepares the creation or compare-and-set of a record; `undefined` if another version is stored. */
function prepareWriteAll(
  database: SqliteDatabase,
): (key: ThreadKey, record: RecordToWrite, expectedVersion: Version | undefined) => StoredRow | undefined {
  const create = prepareCreate(database);
  const replace = prepareReplace(database);
  const writeMetadata = prepareMetadata(database);
  // IMMEDIATE, because a transaction that starts with a read does not wait for the lock when it starts to write.
  const transaction = database.transaction(
    (key: ThreadKey, record: RecordToWrite, expectedVersion: Version | undefined) => {
      const isNew = expectedVersion === undefined;
      const stored = isNew ? create(key, record) : replace(key, record, expectedVersion);
      const { changedMetadata } = record;
      if (stored !== undefined && changedMetadata !== undefined) {
        writeMetadata(stored.thread, metadataHashes(key.namespace, changedMetadata), isNew);
      }
      return stored;
    },
  );
  return (key, record, expectedVersion) => transaction.immediate(key, record, expectedVersion);
}

/** Prepares the insertion of a record; `undefined` if the key exists. */
function prepareCreate(
  database: SqliteDatabase,
): (key: ThreadKey, record: RecordToWrite) => StoredRow | undefined {
  const insertThread = prepareInsertThread(database);
  const storeChunks = prepareStoreChunks(database);
  return (key, { bytes, trailerLength, nonce, updatedAt }) => {
    const size = bytes.length - trailerLength;
    const chunked = chunkedAfter(null, 0, size);
    const thread = insertThread(key, { nonce, size, updatedAt, end: bytes.subarray(chunked) }, null);
    if (thread === undefined) return undefined;
    storeChunks(thread, 0, bytes.subarray(0, chunked));
    return storedRow(thread, chunked);
  };
}

/** Prepares the compare-and-set of a record; `undefined` if another version is stored. */
function prepareReplace(
  database: SqliteDatabase,
): (key: ThreadKey, record: RecordToWrite, expectedVersion: Version) => StoredRow | undefined {
  const selectStored = prepareSelectStored(database);
  const updateThread = prepareUpdateThread(database);
  const storeChunks = prepareStoreChunks(database);
  const removeChunks = prepareRemoveChunks(database);
  return (key, { bytes, unchanged, trailerLength, nonce, updatedAt }, expectedVersion) => {
    const stored = selectStored(...encodeKey(key), expectedVersion);
    if (stored === undefined) return undefined;
    const size = bytes.length - trailerLength;
    const chunked = chunkedAfter(stored.chunked, unchanged, size);
    updateThread(stored.thread, { nonce, size, updatedAt, end: bytes.subarray(chunked) });
    if (!keepsChunks(stored, unchanged, chunked)) {
      const firstChunk = firstChangedChunk(stored, unchanged, chunked);
      storeChunks(stored.thread, firstChunk, bytes.subarray(firstChunk * CHUNK_BYTES, chunked));
    }
    removeChunks(stored, unchanged, chunked);
    return storedRow(stored.thread, chunked);
  };
}
