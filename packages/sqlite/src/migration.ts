import type { ThreadMetadata } from "@threadstore/core";
import { metadataHashes } from "@threadstore/core/driver";
import type { SqliteDatabase } from "./options.ts";

/** What version 2 adds to the tables of version 1: the order of the latest saves, and an index of the metadata. */
export const RECENCY_AND_METADATA = `
  CREATE INDEX threadstore_recency ON threadstore_threads (namespace, updated_at DESC, id);
  CREATE TABLE threadstore_metadata (
    hash INTEGER NOT NULL,
    thread INTEGER NOT NULL,
    PRIMARY KEY (hash, thread)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX threadstore_metadata_thread ON threadstore_metadata (thread);
`;

interface Row {
  readonly thread: number;
  readonly namespace: Buffer;
  readonly trailer: Buffer;
}

/** How many threads to read at a time. SQLite cannot write while a query is open on the same connection. */
const BATCH_SIZE = 500;

/** Takes the tables from version 1 to version 2, within the caller's transaction. Reads every trailer once. */
export function migrateToVersion2(database: SqliteDatabase): void {
  database.exec("ALTER TABLE threadstore_threads ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0");
  database.exec(RECENCY_AND_METADATA);
  const selectBatch = database
    .prepare<[number, number], Row>(
      `SELECT thread, namespace, CAST(coalesce(trailer, '') AS BLOB) AS trailer
       FROM threadstore_threads WHERE thread > ? ORDER BY thread LIMIT ?`,
    )
    .safeIntegers(false);
  const updateThread = database.prepare("UPDATE threadstore_threads SET updated_at = ? WHERE thread = ?");
  const insertHash = database.prepare("INSERT INTO threadstore_metadata VALUES (?, ?)");
  for (let last: number | undefined = Number.MIN_SAFE_INTEGER; last !== undefined;) {
    const rows: Row[] = selectBatch.all(last, BATCH_SIZE);
    for (const { thread, namespace, trailer } of rows) {
      const { updatedAt, metadata } = membersOf(trailer);
      updateThread.run(updatedAt, thread);
      for (const hash of metadataHashes(namespace.toString(), metadata)) insertHash.run(hash, thread);
    }
    last = rows.at(-1)?.thread;
  }
  database.exec("UPDATE threadstore_schema SET version = 2");
}

interface Members {
  readonly updatedAt: number;
  readonly metadata: ThreadMetadata;
}

/** The members of a corrupt trailer: such a record comes last in a listing, and matches no metadata. */
const UNKNOWN: Members = { updatedAt: 0, metadata: {} };

/** Reads the trailer, which is the end of a JSON document: `,"threadstore":{…}}`. */
function membersOf(trailer: Buffer): Members {
  try {
    const { updatedAt, metadata } = JSON.parse(`{"thread":0${trailer.toString()}`).threadstore;
    const time = Date.parse(updatedAt);
    const isComplete =
      !Number.isNaN(time) && Object.values(metadata).every((value) => typeof value === "string");
    return isComplete ? { updatedAt: time, metadata } : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
