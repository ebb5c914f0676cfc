import type { Version } from "@threadstore/core";
import { metadataHashes, type RecordToWrite, type ThreadKey } from "@threadstore/core/driver";
import {
  type ChangedRow,
  chunkedAfter,
  prepareInsertThread,
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
import { STORED_VERSION } from "./schema.ts";
import { prepareStagedRows, type StagedRows } from "./staged-rows.ts";
import { prepareStatement } from "./statements.ts";

/**
 * Stores a large record in several transactions. Until the last one, its chunks belong to a number that no thread has, so
 * readers do not see them, and a row of `threadstore_staged` says that they belong to a save in progress.
 */
export interface Staging {
  /** Returns the number for the chunks; `undefined` if the stored version is not the expected one. */
  readonly begin: (key: ThreadKey, expectedVersion: Version | undefined) => number | undefined;
  /** Stores chunks from `firstChunk` on. Returns whether those before still exist: another process may take them for abandoned. */
  readonly store: (thread: number, firstChunk: number, content: Uint8Array) => boolean;
  /** Makes the chunks those of the thread at `key`, and removes those of the version that it replaces. */
  readonly commit: CommitStaged;
  /** Removes the chunks, unless they were committed. */
  readonly drop: (thread: number) => void;
  /** Returns whether a large record was ever stored in this way. */
  readonly isUsed: () => boolean;
  /** Removes the chunks of one save that ended without a commit. Returns whether there was one. */
  readonly dropAbandoned: () => boolean;
}

/**
 * Returns the new version; `undefined` if the stored version is not the expected one, and `"abandoned"` if the chunks no
 * longer exist.
 */
type CommitStaged = (
  thread: number,
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
) => { readonly version: Version | undefined } | "abandoned";

export function prepareStaging(database: SqliteDatabase, knownRows: KnownRows): Staging {
  const staged = prepareStagedRows(database);
  const storeChunks = prepareStoreChunks(database);
  const begin = prepareBegin(database, staged);
  const publish = preparePublish(database);
  const deleteChunks = prepareStatement(database, DELETE_CHUNKS);
  const drop = database.transaction((thread: number): boolean => {
    const isStaged = staged.remove(thread);
    if (isStaged) deleteChunks().run(thread);
    return isStaged;
  });
  const store = database.transaction((thread: number, firstChunk: number, content: Uint8Array): boolean => {
    const isStaged = staged.renew(thread);
    if (isStaged) storeChunks(thread, firstChunk, content);
    return isStaged;
  });
  const commit = database.transaction(
    (...[thread, key, record, expectedVersion]: Parameters<CommitStaged>) => {
      if (!staged.renew(thread)) return "abandoned";
      const row = publish(thread, key, record, expectedVersion);
      if (row !== undefined) staged.remove(thread);
      return row;
    },
  );
  return {
    begin,
    store: (...parameters) => store.immediate(...parameters),
    commit(thread, key, record, expectedVersion) {
      const row = commit.immediate(thread, key, record, expectedVersion);
      if (row === "abandoned") return row;
      if (row === undefined) return { version: undefined };
      knownRows.replace(expectedVersion, record.nonce, row);
      return { version: record.nonce };
    },
    drop: (thread) => void drop.immediate(thread),
    isUsed: () => staged.isUsed(),
    dropAbandoned() {
      const thread = staged.selectAbandoned();
      return thread !== undefined && drop.immediate(thread);
    },
  };
}

const DELETE_CHUNKS = "DELETE FROM threadstore_chunks WHERE thread = ?";

function prepareBegin(database: SqliteDatabase, staged: StagedRows): Staging["begin"] {
  const selectVersion = prepareStatement<{ version: Version }>(
    database,
    `SELECT ${STORED_VERSION} AS version FROM threadstore_threads WHERE namespace = ? AND id = ?`,
  );
  const begin = database.transaction((key: ThreadKey, expectedVersion: Version | undefined) => {
    const stored = selectVersion().get(...encodeKey(key))?.version;
    return stored === expectedVersion ? staged.insert() : undefined;
  });
  return (key, expectedVersion) => begin.immediate(key, expectedVersion);
}

/** Prepares the compare-and-set that makes chunks visible; `undefined` if another version is stored. */
function preparePublish(
  database: SqliteDatabase,
): (...parameters: Parameters<CommitStaged>) => StoredRow | undefined {
  const insertThread = prepareInsertThread(database);
  const replaceThread = prepareReplaceThread(database);
  const writeMetadata = prepareMetadata(database);
  return (thread, key, record, expectedVersion) => {
    const size = record.bytes.length - record.trailerLength;
    const chunked = chunkedAfter(null, 0, size);
    const { nonce, updatedAt, changedMetadata } = record;
    const row = { nonce, size, updatedAt, end: record.bytes.subarray(chunked) };
    const isNew = expectedVersion === undefined;
    const isStored = isNew
      ? insertThread(key, row, thread) !== undefined
      : replaceThread(thread, key, expectedVersion, row);
    if (!isStored) return undefined;
    if (changedMetadata !== undefined) {
      writeMetadata(thread, metadataHashes(key.namespace, changedMetadata), isNew);
    }
    return storedRow(thread, chunked);
  };
}

/** Prepares the change of a row and of its number. Returns whether the row had the expected version. */
function prepareReplaceThread(
  database: SqliteDatabase,
): (thread: number, key: ThreadKey, expectedVersion: Version, row: ChangedRow) => boolean {
  const selectStored = prepareSelectStored(database);
  const updateThread = prepareUpdateThread(database);
  const deleteChunks = prepareStatement(database, DELETE_CHUNKS);
  const renumberThread = prepareStatement(
    database,
    "UPDATE threadstore_threads SET thread = ? WHERE thread = ?",
  );
  const renumberMetadata = prepareStatement(
    database,
    "UPDATE threadstore_metadata SET thread = ? WHERE thread = ?",
  );
  return (thread, key, expectedVersion, row) => {
    const stored = selectStored(...encodeKey(key), expectedVersion);
    if (stored === undefined) return false;
    deleteChunks().run(stored.thread);
    renumberThread().run(thread, stored.thread);
    renumberMetadata().run(thread, stored.thread);
    updateThread(thread, row);
    return true;
  };
}
