import type { Version } from "@threadstore/core";
import { metadataHashes, type RecordPatch, type RecordTail, type ThreadKey } from "@threadstore/core/driver";
import { prepareStoreChunks, prepareUpdateThread } from "./chunks.ts";
import { recordTooShort } from "./errors.ts";
import { encodeKey } from "./keys.ts";
import { prepareMetadata } from "./metadata-index.ts";
import type { SqliteDatabase } from "./options.ts";
import { CHUNK_BYTES, STORED_VERSION } from "./schema.ts";
import { prepareStatement } from "./statements.ts";

/** Reads and changes the ends of records. */
export interface Patches {
  readonly readTail: (key: ThreadKey) => RecordTail | undefined;
  readonly patch: (key: ThreadKey, patch: RecordPatch, expectedVersion: Version) => Version | undefined;
}

export function preparePatches(database: SqliteDatabase): Patches {
  return { readTail: prepareReadTail(database), patch: preparePatch(database) };
}

/** Prepares reading the end of a record: its trailer and its last two chunks, because the last may be short. */
function prepareReadTail(database: SqliteDatabase): Patches["readTail"] {
  const selectEnd = prepareStatement<{ version: Version; trailer: unknown; bytes: unknown }>(
    database,
    `SELECT ${STORED_VERSION} AS version, trailer, bytes FROM threadstore_threads AS threads
     LEFT JOIN threadstore_chunks AS chunks ON chunks.thread = threads.thread
     WHERE namespace = ? AND id = ? ORDER BY sequence DESC LIMIT 2`,
  );
  return (key) => {
    const rows = selectEnd.all(...encodeKey(key));
    const [row] = rows;
    if (row === undefined) return undefined;
    const chunks = rows.map(({ bytes }) => blob(bytes)).toReversed();
    return { version: row.version, nonce: row.version, tail: Buffer.concat([...chunks, blob(row.trailer)]) };
  };
}

/** Damage to the file can turn a column into `NULL` or another type, which core then reports as corrupt. */
function blob(column: unknown): Buffer {
  return Buffer.isBuffer(column) ? column : Buffer.alloc(0);
}

function preparePatch(database: SqliteDatabase): Patches["patch"] {
  const updateThread = prepareUpdateThread(database);
  const storeChunks = prepareStoreChunks(database);
  const writeMetadata = prepareMetadata(database);
  const selectChunk = prepareStatement<{ bytes: unknown }>(
    database,
    "SELECT bytes FROM threadstore_chunks WHERE thread = ? AND sequence = ?",
  );
  const patch = (
    key: ThreadKey,
    { keep, bytes, trailerLength, nonce, updatedAt, changedMetadata }: RecordPatch,
    expectedVersion: Version,
  ): Version | undefined => {
    const contentLength = bytes.length - trailerLength;
    const columns = [
      nonce,
      keep + contentLength,
      updatedAt,
      bytes.subarray(contentLength),
      ...encodeKey(key),
    ];
    const row = updateThread.get(...columns, expectedVersion);
    if (row === undefined) return undefined;
    const firstChunk = Math.floor(keep / CHUNK_BYTES);
    const kept = blob(selectChunk.get(row.thread, firstChunk)?.bytes).subarray(0, keep % CHUNK_BYTES);
    if (kept.length < keep % CHUNK_BYTES) throw recordTooShort(database.name);
    storeChunks(row.thread, firstChunk, Buffer.concat([kept, bytes.subarray(0, contentLength)]));
    if (changedMetadata !== undefined) {
      writeMetadata(row.thread, metadataHashes(key.namespace, changedMetadata), false);
    }
    return nonce;
  };
  const transaction = database.transaction(patch);
  return (key, change, expectedVersion) => transaction.immediate(key, change, expectedVersion);
}
