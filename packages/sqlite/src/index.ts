export type { SqliteDatabaseOptions, SqliteDriverOptions, SqliteFileOptions } from "./database.ts";
export { sqliteDriver, sqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
