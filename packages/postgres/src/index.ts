export type {
  PostgresClientOptions,
  PostgresConnectionOptions,
  PostgresDriverOptions,
  PostgresStoreOptions,
  PostgresUrlOptions,
  QueryClient,
} from "./options.ts";
export { postgresDriver, postgresStore } from "./postgres-store.ts";
export { type Migration, postgresMigrations } from "./schema.ts";
export type { TableNames } from "./keys.ts";
