import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { createDriver } from "./driver.ts";
import {
  OPTION_NAMES,
  resolveOptions,
  type SqliteDriverOptions,
  type SqliteStoreOptions,
} from "./options.ts";

/**
 * Creates a store that keeps threads in a SQLite database: in a file, which several processes of one machine may use
 * at the same time, or on an open better-sqlite3 connection. Opens the file on the first call. Throws a `TypeError`
 * for invalid options.
 */
export function sqliteStore(options: SqliteStoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(resolveOptions(options)), options);
}

/** Creates the driver of `sqliteStore`, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function sqliteDriver(options: SqliteDriverOptions): ThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(resolveOptions(options));
}
