// An adapter as a third party would write it: it stores threads in a PostgreSQL table, using the pg package.
// docs/writing-an-adapter.md walks through it.
import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { openDatabase } from "./connection.ts";
import { listMethod, listNamespacesMethod } from "./list.ts";
import { type PostgresDriverOptions, type PostgresStoreOptions, resolveOptions } from "./options.ts";
import { patchMethods } from "./patches.ts";
import { recordMethods } from "./records.ts";

/**
 * Creates a store that keeps threads in PostgreSQL. Connects on the first call. Throws a `TypeError` if the options are
 * invalid.
 */
export function postgresStore(options: PostgresStoreOptions): ThreadStore {
  return createThreadStore(postgresDriver(options), options);
}

/** Creates the driver used by {@link postgresStore}. Throws a `TypeError` if the options are invalid. */
export function postgresDriver(options: PostgresDriverOptions): ThreadDriver {
  const database = openDatabase(resolveOptions(options));
  return {
    contract: 2,
    name: "postgres",
    ...recordMethods(database),
    ...patchMethods(database),
    list: listMethod(database),
    listNamespaces: listNamespacesMethod(database),
    close: database.close,
  };
}
