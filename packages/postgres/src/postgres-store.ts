import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { openDatabase } from "./database.ts";
import { listMethod } from "./list.ts";
import { type PostgresDriverOptions, type PostgresStoreOptions, resolveOptions } from "./options.ts";
import { recordMethods } from "./records.ts";

/**
 * Creates a store that keeps threads in PostgreSQL 13 or newer: on a server, through PgBouncer, or in PGlite. Connects
 * on the first call, which also creates the store's tables unless they exist. Throws a `TypeError` if the options are
 * invalid.
 */
export function postgresStore(options: PostgresStoreOptions): ThreadStore {
  return createThreadStore(postgresDriver(options), options);
}

/** Creates the driver used by {@link postgresStore}, for `createThreadStore`. Throws a `TypeError` if the options are invalid. */
export function postgresDriver(options: PostgresDriverOptions): ThreadDriver {
  const resolvedOptions = resolveOptions(options);
  const database = openDatabase(resolvedOptions);
  return {
    contract: 1,
    name: "postgres",
    ...recordMethods(database, resolvedOptions.synchronousCommit),
    list: listMethod(database),
    close: database.close,
  };
}
