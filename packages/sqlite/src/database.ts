import { existsSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { misconfigured } from "./errors.ts";
import type { ResolvedOptions, SqliteDatabase } from "./options.ts";
import { ensureSchema, hasSchema } from "./schema.ts";

/** Opens the file, or sets up the connection that was passed in, and creates the store's tables. */
export function openDatabase(options: ResolvedOptions): SqliteDatabase {
  const { database, syncsEachCommit } = options;
  if (database === undefined) return openFile(options.filename, options.busyTimeoutMs, syncsEachCommit);
  if (syncsEachCommit) syncEachCommit(database);
  ensureSchema(database, "shared");
  return database;
}

function openFile(filename: string, timeout: number, syncsEachCommit: boolean): SqliteDatabase {
  if (!existsSync(dirname(filename))) {
    throw misconfigured("The folder of the SQLite file does not exist. Create it, or correct `path`.");
  }
  const database = new Sqlite(filename, { timeout });
  try {
    setUpFile(database, syncsEachCommit);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function setUpFile(database: SqliteDatabase, syncsEachCommit: boolean): void {
  // Checked first, so that the file of another application is refused before anything in it changes.
  hasSchema(database, "exclusive");
  // SQLite does not wait for a lock when it changes the mode. If several processes create one file at the same time,
  // some get SQLITE_BUSY here, and core retries.
  database.pragma("journal_mode = WAL");
  if (syncsEachCommit) {
    syncEachCommit(database);
    // Syncing overwritten pages takes half as long as syncing a file that grew, so the WAL restarts after 1 MB instead
    // of 4 MB. With NORMAL, checkpoints are the only syncs, so fewer of them are better.
    database.pragma("wal_autocheckpoint = 256");
  } else database.pragma("synchronous = NORMAL");
  ensureSchema(database, "exclusive");
}

function syncEachCommit(database: SqliteDatabase): void {
  // better-sqlite3 is compiled to use NORMAL with WAL. EXTRA equals FULL in WAL mode; in other modes it also syncs the
  // folder.
  database.pragma("synchronous = EXTRA");
  // On macOS, a plain fsync leaves the data in the drive's cache. No effect elsewhere.
  database.pragma("fullfsync = ON");
}

/** Throws `MISCONFIGURED` if a connection that was passed in is closed or inside a transaction. */
export function checkConnection(database: SqliteDatabase): void {
  if (!database.open) {
    throw misconfigured(
      "The connection passed as `database` is closed. Close the store before you close its `database`.",
    );
  }
  if (database.inTransaction) {
    throw misconfigured(
      "The connection passed as `database` is inside a transaction, and a rollback could undo a save that was confirmed. Commit before you call the store, or pass a separate connection.",
    );
  }
}
