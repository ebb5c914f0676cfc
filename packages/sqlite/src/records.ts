import type {
  PageRequest,
  RecordPage,
  RecordToWrite,
  StoredRecord,
  ThreadKey,
  Version,
} from "@threadstore/core";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "./database.ts";

/** The calls of a driver on an open database, each one transaction. */
export interface Records {
  readonly read: (key: ThreadKey, known: Version | undefined) => StoredRecord | undefined;
  readonly write: (
    key: ThreadKey,
    record: RecordToWrite,
    expected: Version | undefined,
  ) => Version | undefined;
  readonly delete: (key: ThreadKey, expected: Version) => boolean;
  readonly list: (namespace: string, page: PageRequest) => RecordPage;
}

/** Prepares every statement once. */
export function prepareRecords(database: SqliteDatabase): Records {
  return {
    read: prepareRead(database),
    write: prepareWrite(database),
    delete: prepareDelete(database),
    list: prepareList(database),
  };
}

/**
 * Two pages of 4096 bytes, filled. Part of the schema: other chunks need another version of it.
 *
 * A thread that grew to 320 KB in 200 saves wrote per save, with one page a chunk, 14 KB to the WAL, with two
 * 18, four 23, eight 32, and unchunked 172; it loaded in 0.40, 0.18, 0.15, 0.13 and 0.38 ms.
 */
export const chunkSize = 8140;

function prepareRead(database: SqliteDatabase): Records["read"] {
  // The record in one piece, put together where its chunks are: rows cost as much as all the rest, and a single query
  // needs no transaction. A chunk that is missing is damage, which core finds.
  const find = prepare<{ version: Version; bytes: Buffer | null }>(
    database,
    `SELECT version, CASE WHEN version IS NOT ? THEN (
       SELECT ${concatenation(database)} FROM (
         SELECT bytes FROM threadstore_chunks AS chunks WHERE chunks.thread = threads.thread ORDER BY sequence)
     ) END AS bytes
     FROM threadstore_threads AS threads WHERE namespace = ? AND id = ?`,
  );
  return (key, known) => {
    const found = find.get(known ?? null, ...columns(key));
    return found && { version: found.version, bytes: found.bytes ?? undefined };
  };
}

/** All chunks and the trailer. SQLite concatenates text, and takes a BLOB for text in the database's own encoding. */
function concatenation(database: SqliteDatabase): string {
  return database.pragma("encoding", { simple: true }) === "UTF-8"
    ? "CAST(coalesce(group_concat(bytes, ''), '') || trailer AS BLOB)"
    : "unhex(coalesce(group_concat(hex(bytes), ''), '') || hex(trailer))";
}

function prepareWrite(database: SqliteDatabase): Records["write"] {
  const createThread = prepare<{ thread: number }>(
    database,
    `INSERT INTO threadstore_threads (version, size, trailer, namespace, id) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (namespace, id) DO NOTHING RETURNING thread`,
  );
  const replaceThread = prepare<{ thread: number }>(
    database,
    `UPDATE threadstore_threads SET version = ?, size = ?, trailer = ?
     WHERE namespace = ? AND id = ? AND version = ? RETURNING thread`,
  );
  const putChunk = prepare(
    database,
    `INSERT INTO threadstore_chunks (thread, sequence, bytes) VALUES (?, ?, ?)
     ON CONFLICT (thread, sequence) DO UPDATE SET bytes = excluded.bytes`,
  );
  const dropChunks = prepare(database, "DELETE FROM threadstore_chunks WHERE thread = ? AND sequence >= ?");
  const write: Records["write"] = (key, { bytes, unchanged, trailerLength, nonce }, expected) => {
    const size = bytes.length - trailerLength;
    const row = [nonce, size, bytes.subarray(size), ...columns(key)];
    const put = expected === undefined ? createThread.get(row) : replaceThread.get(...row, expected);
    if (put === undefined) return undefined;
    const unchangedChunks = Math.floor(unchanged / chunkSize);
    const chunks = Math.ceil(size / chunkSize);
    for (let sequence = unchangedChunks; sequence < chunks; sequence++) {
      const start = sequence * chunkSize;
      putChunk.run(put.thread, sequence, bytes.subarray(start, Math.min(start + chunkSize, size)));
    }
    dropChunks.run(put.thread, chunks);
    return nonce;
  };
  // Immediate: a transaction that began by reading does not wait for the lock when it comes to write.
  const transaction = database.transaction(write);
  return (key, record, expected) => transaction.immediate(key, record, expected);
}

function prepareDelete(database: SqliteDatabase): Records["delete"] {
  const dropThread = prepare<{ thread: number }>(
    database,
    "DELETE FROM threadstore_threads WHERE namespace = ? AND id = ? AND version = ? RETURNING thread",
  );
  const dropChunks = prepare(database, "DELETE FROM threadstore_chunks WHERE thread = ?");
  const remove: Records["delete"] = (key, expected) => {
    const dropped = dropThread.get(...columns(key), expected);
    if (dropped === undefined) return false;
    dropChunks.run(dropped.thread);
    return true;
  };
  const transaction = database.transaction(remove);
  return (key, expected) => transaction.immediate(key, expected);
}

function prepareList(database: SqliteDatabase): Records["list"] {
  const listThreads = prepare<{ id: Buffer; version: Version; trailer: Buffer }>(
    database,
    "SELECT id, version, trailer FROM threadstore_threads WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?",
  );
  return (namespace, { after = "", limit }) => {
    const rows = listThreads.all(Buffer.from(namespace), Buffer.from(after), limit + 1);
    const records = rows
      .slice(0, limit)
      .map(({ id, version, trailer }) => ({ id: id.toString(), version, tail: trailer }));
    return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
  };
}

function columns({ namespace, id }: ThreadKey): [namespace: Buffer, id: Buffer] {
  return [Buffer.from(namespace), Buffer.from(id)];
}

/** Numbers, even on a connection whose owner made `bigint` the default. */
function prepare<Row>(database: SqliteDatabase, sql: string): Statement<unknown[], Row> {
  return database.prepare<unknown[], Row>(sql).safeIntegers(false);
}
