import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  createThreadStore,
  STORE_OPTION_NAMES,
  type AsyncThreadDriver,
} from "@threadstore/core/driver";
import { openDatabase } from "./database.ts";
import { listNamespacesMethod } from "./list-namespaces.ts";
import { listMethod } from "./list.ts";
import {
  OPTION_NAMES,
  type PostgresDriverOptions,
  type PostgresStoreOptions,
  resolveOptions,
} from "./options.ts";
import { patchMethods } from "./patches.ts";
import { recordMethods } from "./records.ts";
import { recordStatements } from "./statements.ts";

/**
 * Creates a store that keeps threads in PostgreSQL 13 or newer: on a server, through PgBouncer, or in PGlite. Connects
 * on the first call, which also creates the store's tables unless they exist. Throws a `TypeError` for invalid options.
 */
export function postgresStore(options: PostgresStoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of {@link postgresStore}, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function postgresDriver(options: PostgresDriverOptions): AsyncThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: PostgresDriverOptions): AsyncThreadDriver {
  const resolvedOptions = resolveOptions(options);
  const database = openDatabase(resolvedOptions);
  const statements = recordStatements(database.tables, resolvedOptions.synchronousCommit);
  return {
    contract: 2,
    name: "postgres",
    ...recordMethods(database, statements),
    ...patchMethods(database, statements),
    list: listMethod(database),
    listNamespaces: listNamespacesMethod(database),
    close: database.close,
  };
}
