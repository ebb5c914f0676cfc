import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { checkConnection, openDatabase } from "./database.ts";
import { withDriverErrors } from "./errors.ts";
import { type ListRecords, prepareList } from "./list.ts";
import {
  resolveOptions,
  type SqliteDatabase,
  type SqliteDriverOptions,
  type SqliteStoreOptions,
} from "./options.ts";
import { prepareRecords, type Records } from "./records.ts";

/**
 * Creates a store that keeps threads in a SQLite database: in a file, which several processes of one machine may use
 * at the same time, or on an open better-sqlite3 connection. Opens the file on the first call. Throws a `TypeError`
 * for invalid options.
 */
export function sqliteStore(options: SqliteStoreOptions): ThreadStore {
  return createThreadStore(sqliteDriver(options), options);
}

/** Creates the driver of `sqliteStore`, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function sqliteDriver(options: SqliteDriverOptions): ThreadDriver {
  const resolvedOptions = resolveOptions(options);
  let database: SqliteDatabase | undefined;
  let operations: (Records & { readonly list: ListRecords }) | undefined;

  // better-sqlite3 is synchronous: a call that has started is over before its signal can abort.
  function prepare(signal: AbortSignal): Records & { readonly list: ListRecords } {
    signal.throwIfAborted();
    if (resolvedOptions.database !== undefined) checkConnection(resolvedOptions.database);
    database ??= openDatabase(resolvedOptions);
    return (operations ??= { ...prepareRecords(database), list: prepareList(database) });
  }

  return {
    contract: 1,
    name: "sqlite",
    read: (key, cachedVersion, { signal }) =>
      withDriverErrors(() => prepare(signal).read(key, cachedVersion)),
    write: (key, record, expectedVersion, { signal }) =>
      withDriverErrors(() => prepare(signal).write(key, record, expectedVersion)),
    delete: (key, expectedVersion, { signal }) =>
      withDriverErrors(() => prepare(signal).delete(key, expectedVersion)),
    list: (namespace, page, { signal }) => withDriverErrors(() => prepare(signal).list(namespace, page)),
    close: async () => {
      // The last connection to close copies the WAL into the database file and removes it.
      if (resolvedOptions.database === undefined) database?.close();
    },
  };
}
