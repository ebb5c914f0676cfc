import type { Version } from "@threadstore/core";
import { metadataHashes, type RecordPatch, type RecordTail, type ThreadKey } from "@threadstore/core/driver";
import {
  blob,
  chunkedAfter,
  firstChangedChunk,
  keepsChunks,
  prepareRemoveChunks,
  prepareSelectChunks,
  prepareSelectStored,
  prepareStoreChunks,
  prepareUpdateThread,
  type StoredRow,
} from "./chunks.ts";
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

/** Prepares reading the end of a record: what its row holds, and its last two chunks, because the last may be short. */
function prepareReadTail(database: SqliteDatabase): Patches["readTail"] {
  const selectEnd = prepareStatement<{ version: Version; trailer: unknown; bytes: unknown }>(
    database,
    `SELECT ${STORED_VERSION} AS version, trailer, bytes FROM threadstore_threads AS threads
     LEFT JOIN threadstore_chunks AS chunks ON chunks.thread = threads.thread
     WHERE namespace = ? AND id = ? ORDER BY sequence DESC LIMIT 2`,
  );
  return (key) => {
    const rows = selectEnd().all(...encodeKey(key));
    const [row] = rows;
    if (row === undefined) return undefined;
    const chunks = rows.map(({ bytes }) => blob(bytes)).toReversed();
    return { version: row.version, nonce: row.version, tail: Buffer.concat([...chunks, blob(row.trailer)]) };
  };
}

function preparePatch(database: SqliteDatabase): Patches["patch"] {
  const selectStored = prepareSelectStored(database);
  const updateThread = prepareUpdateThread(database);
  const storeChunks = prepareStoreChunks(database);
  const removeChunks = prepareRemoveChunks(database);
  const writeMetadata = prepareMetadata(database);
  const selectBytes = prepareSelectBytes(database);
  const patch = (
    key: ThreadKey,
    { keep, bytes, trailerLength, nonce, updatedAt, changedMetadata }: RecordPatch,
    expectedVersion: Version,
  ): Version | undefined => {
    const stored = selectStored(...encodeKey(key), expectedVersion);
    if (stored === undefined) return undefined;
    const size = keep + bytes.length - trailerLength;
    const chunked = chunkedAfter(stored.chunked, keep, size);
    const isInRow = keepsChunks(stored, keep, chunked);
    const firstChunk = firstChangedChunk(stored, keep, chunked);
    const from = isInRow ? chunked : firstChunk * CHUNK_BYTES;
    const end = Buffer.concat([selectBytes(stored, from, keep), bytes]);
    updateThread(stored.thread, { nonce, size, updatedAt, end: end.subarray(chunked - from) });
    if (!isInRow) storeChunks(stored.thread, firstChunk, end.subarray(0, chunked - from));
    removeChunks(stored, keep, chunked);
    if (changedMetadata !== undefined) {
      writeMetadata(stored.thread, metadataHashes(key.namespace, changedMetadata), false);
    }
    return nonce;
  };
  const transaction = database.transaction(patch);
  return (key, change, expectedVersion) => transaction.immediate(key, change, expectedVersion);
}

/**
 * Prepares reading the stored content from `from`, where a chunk or the end in the row begins, to `to`. It spans at most
 * two chunks. Throws `CORRUPT` if the content ends before.
 */
function prepareSelectBytes(
  database: SqliteDatabase,
): (stored: StoredRow, from: number, to: number) => Uint8Array {
  const selectChunks = prepareSelectChunks(database);
  const selectEnd = prepareStatement<{ trailer: unknown }>(
    database,
    "SELECT trailer FROM threadstore_threads WHERE thread = ?",
  );
  return ({ thread, chunked }, from, to) => {
    const parts: Buffer[] = [];
    if (from < (chunked ?? 0)) {
      parts.push(...selectChunks(thread, from / CHUNK_BYTES, Math.ceil(to / CHUNK_BYTES)));
    }
    if (to > (chunked ?? 0)) parts.push(blob(selectEnd().get(thread)?.trailer));
    const bytes = Buffer.concat(parts).subarray(0, to - from);
    if (bytes.length < to - from) throw recordTooShort(database.name);
    return bytes;
  };
}
