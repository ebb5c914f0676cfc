import type { Version } from "@threadstore/core";
import { prepareSelectChunks } from "./chunks.ts";
import type { SqliteDatabase } from "./options.ts";
import { STORED_VERSION } from "./schema.ts";
import { prepareStatement } from "./statements.ts";

/** A record that is too large to be read at once. */
export interface LargeRecord {
  readonly thread: number;
}

interface LargeRow {
  readonly version: Version;
  readonly size: number;
  /** The end of the content that is not in chunks, and the trailer. */
  readonly end: Buffer;
}

/** Reads a large record piece by piece. */
export interface LargeReads {
  readonly readRow: (thread: number) => LargeRow | undefined;
  /** Returns at most `limit` chunks from `firstChunk` on. */
  readonly readChunks: (thread: number, firstChunk: number, limit: number) => readonly Buffer[];
}

export function prepareLargeReads(database: SqliteDatabase): LargeReads {
  const selectRow = prepareStatement<{ version: Version; size: number; end: Buffer }>(
    database,
    `SELECT ${STORED_VERSION} AS version, size, CAST(coalesce(trailer, '') AS BLOB) AS end
     FROM threadstore_threads WHERE thread = ?`,
  );
  const selectChunks = prepareSelectChunks(database);
  return {
    readRow: (thread) => selectRow().get(thread),
    readChunks: (thread, firstChunk, limit) => selectChunks(thread, firstChunk, firstChunk + limit),
  };
}
