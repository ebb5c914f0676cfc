import type { StoreOptions } from "@threadstore/core";
import { checkOptionNames, type OptionNames, STORE_OPTION_NAMES } from "@threadstore/core/driver";
import type { Pool, PoolOptions } from "mysql2/promise";

/** Either connection settings, for a pool that the store creates and closes, or a pool that it leaves open. */
export type PoolSource =
  | { readonly connection: PoolOptions; readonly pool?: undefined }
  | { readonly pool: Pool; readonly connection?: undefined };

export type MariadbDriverOptions = PoolSource & {
  /**
   * The table, which is created on first use in the database of the connection.
   * @default "threadstore_threads"
   */
  readonly table?: string | undefined;
  /**
   * `fsync`: calls reject with `MISCONFIGURED` if the server does not sync each commit to disk. `server`: the settings of
   * the server decide, and a crash may lose acknowledged saves.
   * @default "fsync"
   */
  readonly durability?: "fsync" | "server" | undefined;
};

export type MariadbStoreOptions = MariadbDriverOptions & StoreOptions;

export type ResolvedOptions = PoolSource & {
  readonly table: string;
  readonly durability: "fsync" | "server";
};

const OPTION_NAMES: OptionNames<MariadbDriverOptions> = {
  connection: true,
  pool: true,
  table: true,
  durability: true,
};

/** The longest name that MariaDB accepts, in characters. */
const TABLE_MAX_LENGTH = 64;

/** Validates the options and fills in their defaults. Throws a `TypeError` if they are invalid. */
export function resolveOptions(options: MariadbDriverOptions): ResolvedOptions {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  const { connection, pool, table = "threadstore_threads", durability = "fsync" } = options;
  if (
    typeof table !== "string" ||
    !/^[^\0/\\.]*[^\0/\\. ]$/u.test(table) ||
    table.length > TABLE_MAX_LENGTH
  ) {
    throw new TypeError(`\`table\` must be a table name of 1 to ${TABLE_MAX_LENGTH} characters.`);
  }
  if (durability !== "fsync" && durability !== "server") {
    throw new TypeError('`durability` must be "fsync" or "server".');
  }
  if ((connection === undefined) === (pool === undefined)) {
    throw new TypeError("Either `connection` or `pool` must be set. Set one of them, not both.");
  }
  if (pool === undefined) return { connection, table, durability };
  // A pool of "mysql2", whose methods take callbacks, has a method `promise`.
  if (typeof pool?.getConnection !== "function" || "promise" in pool) {
    throw new TypeError("`pool` must be a pool of mysql2/promise.");
  }
  return { pool, table, durability };
}
