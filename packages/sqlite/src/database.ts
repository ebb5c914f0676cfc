import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Sqlite from "better-sqlite3";
import { SqliteSetupError } from "./explain.ts";

/** An open connection of better-sqlite3. */
export type SqliteDatabase = Sqlite.Database;

interface CommonOptions {
  /**
   * What a save waits for. `full`: that the disk has it. `normal`: that the operating system has it, which is
   * faster; a power loss or a crash of the system may then take back the last saves. A crash of the process
   * never does, and neither damages the database.
   * @default "full"
   */
  readonly synchronous?: "full" | "normal" | undefined;
}

/** The store opens the file itself, when first used, in WAL mode, and closes it. */
export interface SqliteFileOptions extends CommonOptions {
  /**
   * The database file. It is made when it is not there; its folder must be there. Relative to the working
   * directory at construction. `:memory:` is a database of this one store and gone when the store is closed.
   */
  readonly path: string;
  readonly database?: undefined;
  /**
   * How long a call waits for the lock of another connection, in milliseconds. The wait blocks the event loop, so
   * it is short: the store tries again after it, without blocking, within `maxRetries` and `timeoutMs`.
   * @default 1000
   */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * The store uses an open better-sqlite3 connection, adds its tables (`threadstore_…`) there, and never closes
 * it. Journal mode and busy timeout stay; `PRAGMA synchronous` is raised for `full` and left for `normal`.
 */
export interface SqliteDatabaseOptions extends CommonOptions {
  readonly database: SqliteDatabase;
  readonly path?: undefined;
  readonly busyTimeoutMs?: undefined;
}

export type SqliteDriverOptions = SqliteFileOptions | SqliteDatabaseOptions;

const schemaVersion = 1;

// Ids and namespaces are their UTF-8 bytes: a BLOB sorts by them in a database of any text encoding, without
// collations. No foreign key: whether it holds would depend on a pragma of the connection.
const schema = `
  CREATE TABLE threadstore_schema (version INTEGER NOT NULL) STRICT;
  INSERT INTO threadstore_schema VALUES (${schemaVersion});
  CREATE TABLE threadstore_threads (
    thread INTEGER PRIMARY KEY,
    namespace BLOB NOT NULL,
    id BLOB NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    trailer BLOB NOT NULL,
    UNIQUE (namespace, id)
  ) STRICT;
  CREATE TABLE threadstore_chunks (
    thread INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (thread, sequence)
  ) STRICT;
`;

/** Checks the options, without I/O, and returns what opens the database, or uses the given one, with our tables. */
export function databaseOpener(options: SqliteDriverOptions): () => SqliteDatabase {
  const { path, database, synchronous = "full", busyTimeoutMs } = options;
  if ((path === undefined) === (database === undefined)) {
    throw new TypeError("SQLite needs one of `path` and `database`, and not both.");
  }
  if (synchronous !== "full" && synchronous !== "normal") {
    throw new TypeError('`synchronous` must be "full" or "normal".');
  }
  if (path !== undefined) return fileOpener(path, synchronous, busyTimeoutMs ?? 1000);
  if (typeof database?.prepare !== "function") {
    throw new TypeError("`database` must be an open Database of better-sqlite3.");
  }
  if (busyTimeoutMs !== undefined) {
    throw new TypeError("`busyTimeoutMs` goes with `path`. Set the `timeout` of your own database instead.");
  }
  return () => {
    if (synchronous === "full") syncEveryCommit(database);
    ensureSchema(database, "shared");
    return database;
  };
}

function fileOpener(path: string, synchronous: "full" | "normal", timeout: number): () => SqliteDatabase {
  // better-sqlite3 trims file names and takes an empty one for a temporary database.
  if (typeof path !== "string" || path.trim() === "" || path.includes("\0")) {
    throw new TypeError("`path` must name a file, or be `:memory:`.");
  }
  if (!Number.isInteger(timeout) || timeout < 0 || timeout > 0x7fff_ffff) {
    throw new TypeError("`busyTimeoutMs` must be a whole number of milliseconds, 0 or more.");
  }
  const filename = path === ":memory:" ? path : resolve(path);
  return () => {
    if (!existsSync(dirname(filename))) {
      throw new SqliteSetupError(
        "The folder of the SQLite file does not exist. Create it, or correct `path`.",
      );
    }
    const database = new Sqlite(filename, { timeout });
    try {
      setUpFile(database, synchronous);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
}

function setUpFile(database: SqliteDatabase, synchronous: "full" | "normal"): void {
  // First, because it refuses another application's file before anything there is changed.
  hasSchema(database, "of its own");
  // SQLite does not wait for a lock to change the mode: when several processes create one file at once, some get
  // SQLITE_BUSY here, and core tries again.
  database.pragma("journal_mode = WAL");
  if (synchronous === "full") {
    syncEveryCommit(database);
    // Syncing what was written over takes half as long as syncing a file that grew, so the WAL starts again at its
    // beginning after 1 MB and not 4. With NORMAL a checkpoint is the only sync there is: fewer are better.
    database.pragma("wal_autocheckpoint = 256");
  } else database.pragma("synchronous = NORMAL");
  ensureSchema(database, "of its own");
}

function syncEveryCommit(database: SqliteDatabase): void {
  // better-sqlite3 is built to use NORMAL with WAL. EXTRA is FULL there, and in other modes syncs the folder too.
  database.pragma("synchronous = EXTRA");
  // On macOS a plain fsync leaves the data in the drive's cache. No effect elsewhere.
  database.pragma("fullfsync = ON");
}

function ensureSchema(database: SqliteDatabase, kind: "of its own" | "shared"): void {
  // The lock for writing only when there is something to write: a read-only connection can read.
  if (hasSchema(database, kind)) return;
  database.transaction(() => hasSchema(database, kind) || database.exec(schema)).immediate();
}

function hasSchema(database: SqliteDatabase, kind: "of its own" | "shared"): boolean {
  // In one query: another process may create the schema between two.
  const names = database.prepare("SELECT name FROM sqlite_schema").pluck().all();
  if (names.includes("threadstore_schema")) {
    checkVersion(database);
    return true;
  }
  if (kind === "shared" || names.length === 0) return false;
  throw new SqliteSetupError(
    "The SQLite file at `path` belongs to another application. Give the store a file of its own, or open that one yourself and pass it as `database`.",
  );
}

function checkVersion(database: SqliteDatabase): void {
  const version = database
    .prepare("SELECT version FROM threadstore_schema")
    .safeIntegers(false)
    .pluck()
    .get();
  if (version === schemaVersion) return;
  throw new SqliteSetupError(
    `The SQLite database has version ${String(version)} of the store's tables, and this @threadstore/sqlite knows ${schemaVersion}. Use a release of it that knows both.`,
  );
}
