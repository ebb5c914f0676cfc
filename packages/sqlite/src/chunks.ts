import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "./options.ts";
import { CHUNK_BYTES, STORED_VERSION } from "./schema.ts";
import { prepareStatement } from "./statements.ts";

/** Prepares the compare-and-set of a thread's row: version, size, time, trailer, namespace, id, expected version. */
export function prepareUpdateThread(database: SqliteDatabase): Statement<unknown[], { thread: number }> {
  return prepareStatement(
    database,
    `UPDATE threadstore_threads SET version = ?, size = ?, updated_at = ?, trailer = ?
     WHERE namespace = ? AND id = ? AND ${STORED_VERSION} = ? RETURNING thread`,
  );
}

/** Stores the chunks of a thread from `firstChunk` on. A new thread has none that could remain. */
type StoreChunks = (
  thread: number,
  firstChunk: number,
  content: Uint8Array,
  options?: { readonly isNew: boolean },
) => void;

/** Prepares the replacement of a thread's chunks from `firstChunk` on by `content`. */
export function prepareStoreChunks(database: SqliteDatabase): StoreChunks {
  const upsertChunk = prepareStatement(
    database,
    `INSERT INTO threadstore_chunks (thread, sequence, bytes) VALUES (?, ?, ?)
     ON CONFLICT (thread, sequence) DO UPDATE SET bytes = excluded.bytes`,
  );
  const deleteChunksFrom = prepareStatement(
    database,
    "DELETE FROM threadstore_chunks WHERE thread = ? AND sequence >= ?",
  );
  return (thread, firstChunk, content, { isNew } = { isNew: false }) => {
    const count = Math.ceil(content.length / CHUNK_BYTES);
    for (let n = 0; n < count; n += 1) {
      upsertChunk.run(thread, firstChunk + n, content.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES));
    }
    if (!isNew) deleteChunksFrom.run(thread, firstChunk + count);
  };
}
