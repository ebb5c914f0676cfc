import type { Version } from "@threadstore/core";
import type { ThreadKey } from "@threadstore/core/driver";
import { encodeKey } from "./keys.ts";
import type { SqliteDatabase } from "./options.ts";
import { CHUNK_BYTES, END_MAX_BYTES, STORED_VERSION } from "./schema.ts";
import { prepareStatement } from "./statements.ts";

/** A stored thread, as a change finds it. */
export interface StoredRow {
  readonly thread: number;
  /** How many bytes of the content are in chunks. The others are in the row. `null` without chunks. */
  readonly chunked: number | null;
}

/** Returns the row of a thread of which `chunked` bytes are in chunks. */
export function storedRow(thread: number, chunked: number): StoredRow {
  return { thread, chunked: chunked === 0 ? null : chunked };
}

/** Returns the row of a thread if it is at the expected version. */
export type SelectStored = (namespace: Buffer, id: Buffer, expectedVersion: string) => StoredRow | undefined;

export function prepareSelectStored(database: SqliteDatabase): SelectStored {
  const select = prepareStatement<StoredRow>(
    database,
    `SELECT thread, (
       SELECT sequence * ${CHUNK_BYTES} + length(bytes) FROM threadstore_chunks AS chunks
       WHERE chunks.thread = threads.thread ORDER BY sequence DESC LIMIT 1) AS chunked
     FROM threadstore_threads AS threads WHERE namespace = ? AND id = ? AND ${STORED_VERSION} = ?`,
  );
  return (namespace, id, expectedVersion) => select().get(namespace, id, expectedVersion);
}

/** The row of a thread after a change. */
export interface ChangedRow {
  readonly nonce: string;
  /** The length of the content. */
  readonly size: number;
  readonly updatedAt: number;
  /** The end of the content that is not in chunks, and the trailer. */
  readonly end: Uint8Array;
}

/** Adds a row unless the key has one. SQLite assigns the number if it is `null`. Returns the number of the new row. */
export type InsertThread = (key: ThreadKey, row: ChangedRow, thread: number | null) => number | undefined;

export function prepareInsertThread(database: SqliteDatabase): InsertThread {
  const insert = prepareStatement<{ thread: number }>(
    database,
    `INSERT INTO threadstore_threads (thread, version, size, updated_at, trailer, namespace, id)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, id) DO NOTHING RETURNING thread`,
  );
  return (key, { nonce, size, updatedAt, end }, thread) =>
    insert().get(thread, nonce, size, updatedAt, end, ...encodeKey(key))?.thread;
}

export function prepareUpdateThread(database: SqliteDatabase): (thread: number, row: ChangedRow) => void {
  const update = prepareStatement(
    database,
    "UPDATE threadstore_threads SET version = ?, size = ?, updated_at = ?, trailer = ? WHERE thread = ?",
  );
  return (thread, { nonce, size, updatedAt, end }) => void update().run(nonce, size, updatedAt, end, thread);
}

/** Changes the row `thread` if it is that of the key, and still has the expected version. Returns whether it does. */
export type ReplaceVersion = (
  thread: number,
  key: readonly [namespace: Buffer, id: Buffer],
  expectedVersion: Version,
  row: ChangedRow,
) => boolean;

export function prepareReplaceVersion(database: SqliteDatabase): ReplaceVersion {
  const update = prepareStatement(
    database,
    `UPDATE threadstore_threads SET version = ?, size = ?, updated_at = ?, trailer = ?
     WHERE thread = ? AND namespace = ? AND id = ? AND version = ?`,
  );
  return (thread, key, expectedVersion, { nonce, size, updatedAt, end }) =>
    update().run(nonce, size, updatedAt, end, thread, ...key, expectedVersion).changes === 1;
}

/**
 * How many of the last bytes stay in the row when the others move to chunks: a thread that grows has some closing brackets
 * there, or a short member, which the next save replaces. With them, that save would have to write the last chunk again.
 */
const END_MIN_BYTES = 256;

/**
 * Returns how many bytes of the new content are in chunks: as many as before, if the row can hold what follows, so that
 * most saves of a thread that grows change only its row.
 */
export function chunkedAfter(before: StoredRow["chunked"], unchanged: number, size: number): number {
  const chunked = before ?? 0;
  if (unchanged >= chunked && size - chunked <= END_MAX_BYTES) return chunked;
  return size <= END_MAX_BYTES ? 0 : size - END_MIN_BYTES;
}

/** Returns whether the chunks of the first `chunked` bytes are those that are stored. */
export function keepsChunks(stored: StoredRow, unchanged: number, chunked: number): boolean {
  return chunked === (stored.chunked ?? 0) && unchanged >= chunked;
}

/**
 * Returns the first chunk that changes. Of a thread that gets shorter, that can be one whose bytes all stay, because its
 * end moves to the row.
 */
export function firstChangedChunk(
  { chunked }: StoredRow,
  unchanged: number,
  chunkedAfterwards: number,
): number {
  return Math.floor(Math.min(unchanged, chunked ?? 0, chunkedAfterwards) / CHUNK_BYTES);
}

/** Damage to the file can turn a column into `NULL` or another type, which core then reports as corrupt. */
export function blob(column: unknown): Buffer {
  return Buffer.isBuffer(column) ? column : Buffer.alloc(0);
}

/** Returns the chunks of a thread from `first` to the one before `end`. */
export type SelectChunks = (thread: number, first: number, end: number) => Buffer[];

export function prepareSelectChunks(database: SqliteDatabase): SelectChunks {
  const select = prepareStatement<{ bytes: unknown }>(
    database,
    "SELECT bytes FROM threadstore_chunks WHERE thread = ? AND sequence >= ? AND sequence < ? ORDER BY sequence",
  );
  return (thread, first, end) =>
    select()
      .all(thread, first, end)
      .map(({ bytes }) => blob(bytes));
}

/** Stores the chunks of a thread from `firstChunk` on. */
export type StoreChunks = (thread: number, firstChunk: number, content: Uint8Array) => void;

export function prepareStoreChunks(database: SqliteDatabase): StoreChunks {
  const upsertChunk = prepareStatement(
    database,
    `INSERT INTO threadstore_chunks (thread, sequence, bytes) VALUES (?, ?, ?)
     ON CONFLICT (thread, sequence) DO UPDATE SET bytes = excluded.bytes`,
  );
  return (thread, firstChunk, content) => {
    const count = Math.ceil(content.length / CHUNK_BYTES);
    for (let n = 0; n < count; n += 1) {
      upsertChunk().run(thread, firstChunk + n, content.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES));
    }
  };
}

/** Removes the chunks after the first `chunked` bytes of a thread. */
export type RemoveChunks = (stored: StoredRow, unchanged: number, chunked: number) => void;

export function prepareRemoveChunks(database: SqliteDatabase): RemoveChunks {
  const deleteChunksFrom = prepareStatement(
    database,
    "DELETE FROM threadstore_chunks WHERE thread = ? AND sequence >= ?",
  );
  return (stored, unchanged, chunked) => {
    // Also if nothing is known of the stored chunks: damage may have changed the last one.
    const isKnown = stored.chunked !== null && unchanged > 0;
    if (isKnown && chunked >= stored.chunked) return;
    deleteChunksFrom().run(stored.thread, Math.ceil(chunked / CHUNK_BYTES));
  };
}
