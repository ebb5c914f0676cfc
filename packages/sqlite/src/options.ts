import { resolve } from "node:path";
import type { OptionNames, StoreOptions } from "@threadstore/core/driver";
import type Sqlite from "better-sqlite3";

/** An open better-sqlite3 connection. */
export type SqliteDatabase = Sqlite.Database;

interface CommonOptions {
  /**
   * When a save resolves. `full`: once the data is on disk. `normal`: once the operating system has the data, which is
   * faster, but a power failure or a crash of the operating system may undo the last saves. A crash of the process
   * never does, and neither setting risks corruption.
   * @default "full"
   */
  readonly synchronous?: "full" | "normal" | undefined;
  /**
   * Whether nothing that a delete or save has removed stays in the files of the database: SQLite overwrites it with
   * zeros, and the store empties the write-ahead log before the call resolves. A transaction of another connection that
   * is still reading delays that. Deletes and saves of existing threads take longer. Set it for all processes that write
   * to the file. With `database`, it sets `PRAGMA secure_delete` of that connection.
   * @default false
   */
  readonly secureDelete?: boolean | undefined;
}

/** The store opens `path` in WAL mode on its first call, and closes it. */
export interface SqliteFileOptions extends CommonOptions {
  /**
   * The database file. It is created if it does not exist, but its folder must exist. A relative path is resolved
   * once, when the store is created. `:memory:` is a private database that disappears when the store is closed.
   */
  readonly path: string;
  readonly database?: undefined;
  /**
   * How long a call waits for another connection's lock, in milliseconds. The wait blocks the event loop, so keep it
   * short: after that time, the store retries without blocking, within `maxRetries` and `timeoutMs`.
   * @default 1000
   */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * The store uses an open better-sqlite3 connection, adds tables named `threadstore_…`, and never closes the
 * connection. It keeps the journal mode and the busy timeout; with `full` it raises `PRAGMA synchronous`.
 */
export interface SqliteDatabaseOptions extends CommonOptions {
  readonly database: SqliteDatabase;
  readonly path?: undefined;
  readonly busyTimeoutMs?: undefined;
}

export type SqliteDriverOptions = SqliteFileOptions | SqliteDatabaseOptions;

export type SqliteStoreOptions = SqliteDriverOptions & StoreOptions;

export const OPTION_NAMES: OptionNames<SqliteDriverOptions> = {
  path: "either",
  database: "either",
  synchronous: true,
  secureDelete: true,
  busyTimeoutMs: true,
};

interface ResolvedCommonOptions {
  readonly syncsEachCommit: boolean;
  readonly secureDelete: boolean;
}

interface ResolvedFileOptions extends ResolvedCommonOptions {
  readonly filename: string;
  readonly busyTimeoutMs: number;
  readonly database?: undefined;
}

interface ResolvedDatabaseOptions extends ResolvedCommonOptions {
  readonly database: SqliteDatabase;
}

export type ResolvedOptions = ResolvedFileOptions | ResolvedDatabaseOptions;

const MEMORY = ":memory:";
const DEFAULT_BUSY_TIMEOUT_MS = 1000;
/** SQLite keeps the timeout in a signed 32-bit integer. */
const BUSY_TIMEOUT_MAX_MS = 0x7fff_ffff;

/** Validates the options, without I/O, and fills in the defaults. Throws a `TypeError` for invalid options. */
export function resolveOptions(options: SqliteDriverOptions): ResolvedOptions {
  const { path, database, synchronous = "full", secureDelete = false, busyTimeoutMs } = options;
  if ((path === undefined) === (database === undefined)) {
    throw new TypeError("Exactly one of `path` and `database` must be set.");
  }
  if (synchronous !== "full" && synchronous !== "normal") {
    throw new TypeError('`synchronous` must be "full" or "normal".');
  }
  if (typeof secureDelete !== "boolean") throw new TypeError("`secureDelete` must be a boolean.");
  const common = { syncsEachCommit: synchronous === "full", secureDelete };
  if (path !== undefined) return { ...resolveFile(path, busyTimeoutMs), ...common };
  if (typeof database?.prepare !== "function") {
    throw new TypeError("`database` must be an open better-sqlite3 `Database`.");
  }
  if (busyTimeoutMs !== undefined) {
    throw new TypeError(
      "`busyTimeoutMs` cannot be combined with `database`. Set the `timeout` of that connection instead.",
    );
  }
  return { database, ...common };
}

function resolveFile(
  path: string,
  busyTimeoutMs: number = DEFAULT_BUSY_TIMEOUT_MS,
): Omit<ResolvedFileOptions, keyof ResolvedCommonOptions> {
  // better-sqlite3 trims file names and opens a temporary database if the name is empty.
  if (typeof path !== "string" || path.trim() === "" || path.includes("\0")) {
    throw new TypeError("`path` must be a file name or `:memory:`.");
  }
  if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > BUSY_TIMEOUT_MAX_MS) {
    throw new TypeError("`busyTimeoutMs` must be a whole number of milliseconds, 0 or more.");
  }
  return { filename: path === MEMORY ? path : resolve(path), busyTimeoutMs };
}

/**
 * Returns the absolute path of the database. One in memory has no path: then the result is the connection, or
 * `undefined` for one that the store opens, because no other store has it.
 */
export function locationOf(options: ResolvedOptions): string | SqliteDatabase | undefined {
  const { database } = options;
  if (database === undefined) return options.filename === MEMORY ? undefined : options.filename;
  return database.memory ? database : resolve(database.name);
}
