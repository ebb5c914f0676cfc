import type { StoreOptions } from "@threadstore/core";
import type { Pool, PoolConfig } from "pg";

/** Either connection settings, for a pool that the store creates and closes, or a pool that it leaves open. */
export type PoolSource =
  | { readonly connection: PoolConfig; readonly pool?: undefined }
  | { readonly pool: Pool; readonly connection?: undefined };

export type PostgresDriverOptions = PoolSource & {
  /**
   * The table, which is created on first use in the first schema of the `search_path`.
   * @default "threadstore_threads"
   */
  readonly table?: string | undefined;
};

export type PostgresStoreOptions = PostgresDriverOptions & StoreOptions;

const DEFAULT_TABLE = "threadstore_threads";

/** PostgreSQL silently truncates longer names, and two stores could end up sharing a table. */
const TABLE_MAX_BYTES = 63;

/** Validates the options and fills in their defaults. Throws a `TypeError` if they are invalid. */
export function resolveOptions(options: PostgresDriverOptions): PoolSource & { readonly table: string } {
  const { connection, pool, table = DEFAULT_TABLE } = options;
  if (typeof table !== "string" || !/^[^\0]+$/u.test(table) || Buffer.byteLength(table) > TABLE_MAX_BYTES) {
    throw new TypeError(`\`table\` must be a table name of 1 to ${TABLE_MAX_BYTES} bytes.`);
  }
  if ((connection === undefined) === (pool === undefined)) {
    throw new TypeError("Either `connection` or `pool` must be set. Set one of them, not both.");
  }
  if (pool === undefined) return { connection, table };
  if (typeof pool?.connect !== "function") throw new TypeError("`pool` must be a Pool of pg.");
  return { pool, table };
}
