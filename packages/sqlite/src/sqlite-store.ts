import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { createConnection } from "./connection.ts";
import { groupDeletes } from "./grouped-deletes.ts";
import {
  locationOf,
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
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of `sqliteStore`, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function sqliteDriver(options: SqliteDriverOptions): ThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: SqliteDriverOptions): ThreadDriver {
  const resolved = resolveOptions(options);
  const connection = createConnection(resolved);
  const deleteGrouped = groupDeletes(connection);
  return {
    contract: 2,
    name: "sqlite",
    location: locationOf(resolved),
    read: (key, cachedVersion, { signal }) => connection.read(signal, ({ read }) => read(key, cachedVersion)),
    write: (key, record, expectedVersion, { signal }) =>
      connection.change(signal, ({ write }) => write(key, record, expectedVersion), {
        adds: expectedVersion === undefined,
      }),
    readTail: (key, { signal }) => connection.read(signal, ({ readTail }) => readTail(key)),
    patch: (key, patch, expectedVersion, { signal }) =>
      connection.change(signal, (operations) => operations.patch(key, patch, expectedVersion)),
    delete: (key, expectedVersion, { signal }) => deleteGrouped(key, expectedVersion, signal),
    list: (namespace, page, { signal }) => connection.read(signal, ({ list }) => list(namespace, page)),
    listNamespaces: (request, { signal }) =>
      connection.read(signal, ({ listNamespaces }) => listNamespaces(request)),
    close: () => connection.close(),
  };
}
