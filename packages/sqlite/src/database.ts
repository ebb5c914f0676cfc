import { dirname } from "node:path";
import { hasSystemErrorCode } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import { type DatabaseFiles, filesOf } from "./database-files.ts";
import { connectionError, isReadFailure, misconfigured, openingError, readFailure } from "./errors.ts";
import { fs } from "./node-fs.ts";
import type { ResolvedOptions, SqliteDatabase } from "./options.ts";
import { ensureSchema, schemaVersion } from "./schema.ts";

export interface OpenDatabase {
  readonly database: SqliteDatabase;
  readonly files: DatabaseFiles;
}

/** Opens the file, or sets up the connection that was passed in, and creates the store's tables. */
export function openDatabase(options: ResolvedOptions): OpenDatabase {
  const { database } = options;
  if (database === undefined) {
    const opened = openFile(options.filename, options.busyTimeoutMs, options);
    return { database: opened, files: filesOf(opened) };
  }
  setUp(database, options);
  ensureSchema(database, "shared");
  return { database, files: filesOf(database) };
}

function openFile(filename: string, timeout: number, options: ResolvedOptions): SqliteDatabase {
  if (filename !== MEMORY) createFile(filename);
  const database = connect(filename, timeout);
  try {
    setUpFile(database, options);
    return database;
  } catch (error) {
    const isUnreadable = isReadFailure(error, database);
    database.close();
    throw isUnreadable ? readFailure(error, filename) : error;
  }
}

const MEMORY = ":memory:";
const FILE_MODE = 0o600;

/**
 * Creates the file, unless it exists, so that only the process's user can read the conversations. SQLite would use the
 * umask, and gives the -wal and -shm files the permissions of the database.
 */
function createFile(filename: string): void {
  try {
    // An existing file must not be opened: closing it would end SQLite's locks on it in the whole process.
    if (fs.statSync(filename, { throwIfNoEntry: false }) === undefined) {
      fs.closeSync(fs.openSync(filename, "wx", FILE_MODE));
    }
  } catch (error) {
    if (hasSystemErrorCode(error, "EEXIST")) return;
    if (hasSystemErrorCode(error, "ENOENT", "ENOTDIR")) {
      throw misconfigured(
        `The folder of the SQLite file does not exist. Create ${dirname(filename)}, or correct \`path\`.`,
        filename,
      );
    }
    throw openingError(error, filename);
  }
}

function connect(filename: string, timeout: number): SqliteDatabase {
  try {
    return new Sqlite(filename, { timeout });
  } catch (error) {
    throw connectionError(error, filename);
  }
}

function setUpFile(database: SqliteDatabase, options: ResolvedOptions): void {
  // Checked first, so that the file of another application is refused before anything in it changes.
  schemaVersion(database, "exclusive");
  // SQLite does not wait for a lock when it changes the mode. If several processes create one file at the same time,
  // some get SQLITE_BUSY here, and core retries.
  database.pragma("journal_mode = WAL");
  setUp(database, options);
  // Large sorts and statement journals would leave copies in temporary files. Not set on a connection that was passed in,
  // because it would delete that connection's temporary tables.
  if (options.secureDelete) database.pragma("temp_store = MEMORY");
  if (options.syncsEachCommit) {
    // Syncing overwritten pages takes half as long as syncing a file that grew, so the WAL restarts after 1 MB instead
    // of 4 MB. With NORMAL, checkpoints are the only syncs, so fewer of them are better.
    database.pragma("wal_autocheckpoint = 256");
  } else database.pragma("synchronous = NORMAL");
  // A long read can make the WAL grow to any size. Without a limit it keeps that size.
  database.pragma(`journal_size_limit = ${WAL_MAX_IDLE_BYTES}`);
  ensureSchema(database, "exclusive");
}

/** Above what usual saves write between two checkpoints, because truncating the WAL makes the next saves slower. */
const WAL_MAX_IDLE_BYTES = 16_777_216;

/** Sets what the options ask of any connection. */
function setUp(database: SqliteDatabase, { syncsEachCommit, secureDelete }: ResolvedOptions): void {
  if (syncsEachCommit) syncEachCommit(database);
  // Before a migration, which removes content, too.
  if (secureDelete) database.pragma("secure_delete = ON");
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
      database.name,
    );
  }
  if (database.inTransaction) {
    throw misconfigured(
      "The connection passed as `database` is inside a transaction, and a rollback could undo a save that was confirmed. Commit before you call the store, or pass a separate connection.",
      database.name,
    );
  }
}
