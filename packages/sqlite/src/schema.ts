import { misconfigured } from "./errors.ts";
import { migrateToVersion2, RECENCY_AND_METADATA } from "./migration.ts";
import type { SqliteDatabase } from "./options.ts";

/** Version 3 has the tables of version 2. The row of a thread may also hold the end of its content. */
const SCHEMA_VERSION = 3;

// Ids and namespaces are BLOBs of UTF-8: these sort by byte in a database of any text encoding, without collations.
// The schema does not have a foreign key, because its enforcement depends on a pragma of the connection.
const SCHEMA = `
  CREATE TABLE threadstore_schema (version INTEGER NOT NULL) STRICT;
  INSERT INTO threadstore_schema VALUES (${SCHEMA_VERSION});
  CREATE TABLE threadstore_threads (
    thread INTEGER PRIMARY KEY,
    namespace BLOB NOT NULL,
    id BLOB NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    trailer BLOB NOT NULL,
    UNIQUE (namespace, id)
  ) STRICT;
  CREATE TABLE threadstore_chunks (
    thread INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (thread, sequence)
  ) STRICT;
  ${RECENCY_AND_METADATA}
`;

/**
 * Bytes of content in a row of `threadstore_chunks`: two pages of 4096 bytes, filled. Changing it requires a new
 * schema version.
 *
 * A thread that grew to 320 KB in 200 saves wrote 14 KB per save to the WAL with chunks of one page, 18 with two,
 * 23 with four, 32 with eight, and 172 without chunks. It loaded in 0.40, 0.18, 0.15, 0.13 and 0.38 ms.
 */
export const CHUNK_BYTES = 8140;

/**
 * How many bytes of content the column `trailer` of a thread may hold before the trailer: the end of a thread that grew,
 * or all of a short one. Such a row usually fits in one page. When the end is longer, it moves to chunks.
 *
 * A save of a thread that grows by 1.6 KB then takes 43 µs instead of 62 in SQLite, and writes half of the pages.
 */
export const END_MAX_BYTES = 3072;

/**
 * The SQL for the version of a row. Damage to the file can turn a column into `NULL` or another type, in spite of its
 * declaration. Such a record is corrupt, and this version makes it possible to delete or overwrite it.
 */
export const STORED_VERSION = "CASE typeof(version) WHEN 'text' THEN version ELSE 'corrupt' END";

/** Whether other applications may have tables in the database. */
export type Sharing = "exclusive" | "shared";

/**
 * Creates the tables unless they exist, or migrates those of an earlier version. Throws `MISCONFIGURED` if they have a
 * later one.
 */
export function ensureSchema(database: SqliteDatabase, sharing: Sharing): void {
  // Takes the write lock only if something is missing, so that a read-only connection can read.
  if (schemaVersion(database, sharing) === SCHEMA_VERSION) return;
  database
    .transaction(() => {
      const version = schemaVersion(database, sharing);
      if (version === undefined) database.exec(SCHEMA);
      if (version === 1) migrateToVersion2(database);
      if (version === 1 || version === 2) database.exec("UPDATE threadstore_schema SET version = 3");
    })
    .immediate();
}

/**
 * Returns the version of the tables; `undefined` if they do not exist. Throws `MISCONFIGURED` if this release does not
 * support it, or if an exclusive database has tables of another application.
 */
export function schemaVersion(database: SqliteDatabase, sharing: Sharing): number | undefined {
  // One query, because another process may create the tables between two.
  const names = database.prepare("SELECT name FROM sqlite_schema").pluck().all();
  if (names.includes("threadstore_schema")) return supportedVersion(database);
  if (sharing === "shared" || names.length === 0) return undefined;
  throw misconfigured(
    "The file at `path` is a database of another application. Use a separate file for the store, or open that database and pass it as `database`.",
    database.name,
  );
}

function supportedVersion(database: SqliteDatabase): number {
  const version = database
    .prepare("SELECT version FROM threadstore_schema")
    .safeIntegers(false)
    .pluck()
    .get();
  if (version === 1 || version === 2 || version === SCHEMA_VERSION) return version;
  throw misconfigured(
    `The store's tables have schema version ${String(version)}, but this release of @threadstore/sqlite supports versions 1 to ${SCHEMA_VERSION}. Install a later release.`,
    database.name,
  );
}
