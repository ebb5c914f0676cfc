import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { databaseOpener, type SqliteDatabase, type SqliteDriverOptions } from "./database.ts";
import { explain, SqliteSetupError } from "./explain.ts";
import { prepareRecords, type Records } from "./records.ts";

export type SqliteStoreOptions = SqliteDriverOptions & StoreOptions;

/**
 * Keeps threads in a SQLite database: a file of its own, which several processes of one machine may use at
 * once, or an open connection of yours. Opens on the first call; throws `TypeError` for wrong options.
 */
export function sqliteStore(options: SqliteStoreOptions): ThreadStore {
  return createThreadStore(sqliteDriver(options), options);
}

/** The driver under `sqliteStore`, for `createThreadStore`. Throws `TypeError` for wrong options. */
export function sqliteDriver(options: SqliteDriverOptions): ThreadDriver {
  const open = databaseOpener(options);
  const given = options.database;
  let database: SqliteDatabase | undefined;
  let prepared: Records | undefined;
  const records = (signal: AbortSignal): Records => {
    signal.throwIfAborted();
    if (given !== undefined) refuseUnusable(given);
    database ??= open();
    return (prepared ??= prepareRecords(database));
  };
  // better-sqlite3 works synchronously: a call that has begun is over before anybody can abort it.
  return {
    contract: 1,
    name: "sqlite",
    read: async (key, known, { signal }) => records(signal).read(key, known),
    write: async (key, record, expected, { signal }) => records(signal).write(key, record, expected),
    delete: async (key, expected, { signal }) => records(signal).delete(key, expected),
    list: async (namespace, page, { signal }) => records(signal).list(namespace, page),
    explain,
    close: async () => {
      // The last connection of all to close copies the WAL into the file and removes it.
      if (given === undefined) database?.close();
    },
  };
}

function refuseUnusable(database: SqliteDatabase): void {
  if (!database.open) {
    throw new SqliteSetupError("The SQLite connection is closed. Close the store before its `database`.");
  }
  if (database.inTransaction) {
    throw new SqliteSetupError(
      "The SQLite connection is inside a transaction, which could take a save back after it was confirmed. Commit before using the store, or give it a connection of its own.",
    );
  }
}
