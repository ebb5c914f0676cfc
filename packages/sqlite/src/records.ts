import type { Version } from "@threadstore/core";
import type { StoredRecord, ThreadKey } from "@threadstore/core/driver";
import { corruptIndex } from "./errors.ts";
import { encodeKey } from "./keys.ts";
import { KnownRows } from "./known-rows.ts";
import { type LargeReads, type LargeRecord, prepareLargeReads } from "./large-rows.ts";
import { DELETE_METADATA } from "./metadata-index.ts";
import type { SqliteDatabase } from "./options.ts";
import { type Patches, preparePatches } from "./patches.ts";
import { STORED_VERSION } from "./schema.ts";
import { prepareStaging, type Staging } from "./staging.ts";
import { prepareStatement } from "./statements.ts";
import { prepareWrite, type WriteRecord } from "./write-record.ts";

/** Reads and changes single records. Each call is one transaction. */
export interface Records extends Patches, LargeReads {
  readonly read: ReadRecord;
  readonly write: WriteRecord;
  readonly staging: Staging;
  /** Deletes those that still exist in the expected version, in one transaction, and returns for each whether it did. */
  readonly deleteAll: (records: readonly RecordVersion[]) => boolean[];
}

interface ReadRecord {
  (key: ThreadKey, cachedVersion: Version | undefined): StoredRecord | undefined;
  /** Does not read a record whose content has `largeFrom` bytes or more. */
  (
    key: ThreadKey,
    cachedVersion: Version | undefined,
    largeFrom: number,
  ): StoredRecord | LargeRecord | undefined;
}

export interface RecordVersion {
  readonly key: ThreadKey;
  readonly expectedVersion: Version;
}

/** Prepares every statement once. */
export function prepareRecords(database: SqliteDatabase): Records {
  const knownRows = new KnownRows();
  return {
    read: prepareRead(database),
    ...prepareLargeReads(database),
    write: prepareWrite(database, knownRows),
    staging: prepareStaging(database, knownRows),
    ...preparePatches(database),
    deleteAll: prepareDeleteAll(database),
  };
}

/** The limit of a BLOB in SQLite. A size above it is damage. */
const RECORD_MAX_BYTES = 1_000_000_000;

function prepareRead(database: SqliteDatabase): ReadRecord {
  // SQLite concatenates the chunks: returning them as rows would cost more than everything else, and a single query
  // needs no transaction. The end in the row is the last of them. Core detects a missing chunk as corruption.
  const selectRecord = prepareStatement<{ version: Version; content: Buffer | number | null }>(
    database,
    `SELECT ${STORED_VERSION} AS version, CASE
       WHEN ${STORED_VERSION} IS ? THEN NULL
       WHEN size BETWEEN ? AND ${RECORD_MAX_BYTES} THEN thread
       ELSE (SELECT ${concatenation(database)} FROM (
         SELECT sequence, bytes FROM threadstore_chunks AS chunks WHERE chunks.thread = threads.thread
         UNION ALL SELECT ${Number.MAX_SAFE_INTEGER}, trailer ORDER BY 1))
     END AS content
     FROM threadstore_threads AS threads WHERE namespace = ? AND id = ?`,
  );
  const verifyIndex = prepareIndexCheck(database);
  function read(key: ThreadKey, cachedVersion: Version | undefined): StoredRecord | undefined;
  function read(
    key: ThreadKey,
    cachedVersion: Version | undefined,
    largeFrom: number,
  ): StoredRecord | LargeRecord | undefined;
  function read(
    key: ThreadKey,
    cachedVersion: Version | undefined,
    largeFrom?: number,
  ): StoredRecord | LargeRecord | undefined {
    const columns = encodeKey(key);
    const row = selectRecord().get(cachedVersion ?? null, largeFrom ?? null, ...columns);
    if (row === undefined) {
      verifyIndex(columns);
      return undefined;
    }
    const { version, content } = row;
    if (typeof content === "number") return { thread: content };
    return { version, bytes: content ?? undefined, nonce: version };
  }
  return read;
}

/** Returns the SQL for the entry of the index before or after a key. */
function neighbor(operator: "<" | ">", order: "ASC" | "DESC"): string {
  return `SELECT * FROM (
    SELECT thread, namespace, id FROM threadstore_threads WHERE (namespace, id) ${operator} (?, ?)
    ORDER BY namespace ${order}, id ${order} LIMIT 1)`;
}

/**
 * Prepares a check of the index around a key that it does not contain: a damaged entry must not make a thread look as
 * if it did not exist. Entries of the index are compared with their rows. Throws `CORRUPT` if they differ.
 */
function prepareIndexCheck(database: SqliteDatabase): (columns: [namespace: Buffer, id: Buffer]) => void {
  const selectDamaged = prepareStatement(
    database,
    `SELECT 1 FROM (${neighbor("<", "DESC")} UNION ALL ${neighbor(">", "ASC")}) AS entries
     LEFT JOIN threadstore_threads AS threads ON threads.thread = entries.thread
     WHERE threads.namespace IS NOT entries.namespace OR threads.id IS NOT entries.id`,
  );
  return (columns) => {
    if (selectDamaged().get(...columns, ...columns) !== undefined) throw corruptIndex(database.name);
  };
}

/**
 * Returns the SQL for the concatenation of `bytes`. SQLite concatenates text only, and reads a BLOB as text in the
 * database's encoding. The operator `||` would copy the text.
 */
function concatenation(database: SqliteDatabase): string {
  return database.pragma("encoding", { simple: true }) === "UTF-8"
    ? "CAST(coalesce(group_concat(bytes, ''), '') AS BLOB)"
    : "unhex(coalesce(group_concat(hex(bytes), ''), ''))";
}

function prepareDeleteAll(database: SqliteDatabase): Records["deleteAll"] {
  const deleteThread = prepareStatement<{ thread: number }>(
    database,
    `DELETE FROM threadstore_threads WHERE namespace = ? AND id = ? AND ${STORED_VERSION} = ? RETURNING thread`,
  );
  const deleteChunks = prepareStatement(database, "DELETE FROM threadstore_chunks WHERE thread = ?");
  const deleteHashes = prepareStatement(database, DELETE_METADATA);
  const deleteRecord = ({ key, expectedVersion }: RecordVersion): boolean => {
    const row = deleteThread().get(...encodeKey(key), expectedVersion);
    if (row === undefined) return false;
    deleteChunks().run(row.thread);
    deleteHashes().run(row.thread);
    return true;
  };
  const transaction = database.transaction((records: readonly RecordVersion[]) => records.map(deleteRecord));
  return (records) => transaction.immediate(records);
}
