// An adapter as a third party would write it: it stores threads in a table of MariaDB, using the package mysql2.
// docs/writing-an-adapter.md walks through it.
import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { openDatabase } from "./connection.ts";
import { listMethod, listNamespacesMethod } from "./list.ts";
import { type MariadbDriverOptions, type MariadbStoreOptions, resolveOptions } from "./options.ts";
import { patchMethods } from "./patches.ts";
import { recordMethods } from "./records.ts";

/**
 * Creates a store that keeps threads in MariaDB. Connects on the first call. Throws a `TypeError` if the options are
 * invalid.
 */
export function mariadbStore(options: MariadbStoreOptions): ThreadStore {
  return createThreadStore(mariadbDriver(options), options);
}

/** Creates the driver used by {@link mariadbStore}. Throws a `TypeError` if the options are invalid. */
export function mariadbDriver(options: MariadbDriverOptions): ThreadDriver {
  const database = openDatabase(resolveOptions(options));
  return {
    contract: 2,
    name: "mariadb",
    ...recordMethods(database),
    ...patchMethods(database),
    list: listMethod(database),
    listNamespaces: listNamespacesMethod(database),
    close: database.close,
  };
}
