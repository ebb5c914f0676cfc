export type {
  SqliteDatabaseOptions,
  SqliteDriverOptions,
  SqliteFileOptions,
  SqliteStoreOptions,
} from "./options.ts";
export { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
