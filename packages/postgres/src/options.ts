import type { StoreOptions } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/driver";
import type { Pool, PoolConfig } from "pg";
import { type TableNames, type Tables, tablesOf } from "./keys.ts";

interface CommonOptions extends TableNames {
  /**
   * Whether the first call creates the tables if they do not exist. With `false`, create them yourself with
   * `postgresMigrations`; until then, calls reject with `MISCONFIGURED`.
   * @default true
   */
  readonly createTables?: boolean | undefined;
  /**
   * When a save resolves if the server, role or connection has `synchronous_commit = off`. `on`: once it is on disk,
   * which the statement of the save asks for. `inherit`: earlier, and a crash of the server may undo the last saves.
   * @default "on"
   */
  readonly synchronousCommit?: "on" | "inherit" | undefined;
  /**
   * Whether statements are prepared once for each connection, which saves a third of the time of a save. If a pooler does
   * not support that, the store notices and continues without; with `false`, the server does not log the error.
   * @default true
   */
  readonly prepare?: boolean | undefined;
}

/** The store creates a connection pool on the first call, and closes it in `close`. */
export interface PostgresUrlOptions extends CommonOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string;
  readonly connection?: undefined;
  readonly client?: undefined;
}

/** As with `url`, but with pg's own settings, for TLS, passwords that are functions, timeouts and the pool's size. */
export interface PostgresConnectionOptions extends CommonOptions {
  readonly connection: PoolConfig;
  readonly url?: undefined;
  readonly client?: undefined;
}

/** The store uses your pool or database, and never closes it. */
export interface PostgresClientOptions extends CommonOptions {
  /** A `Pool` of pg, or an embedded database with a `query` method, such as PGlite. */
  readonly client: Pool | QueryClient;
  readonly url?: undefined;
  readonly connection?: undefined;
}

/**
 * An embedded database, such as PGlite. It must run each statement in its own transaction, and reject with errors
 * that have the SQLSTATE as `code`.
 */
export interface QueryClient {
  query(statement: string, parameters: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /** Whether the database has been closed. */
  readonly closed?: boolean | undefined;
}

export type PostgresDriverOptions = PostgresUrlOptions | PostgresConnectionOptions | PostgresClientOptions;

export type PostgresStoreOptions = PostgresDriverOptions & StoreOptions;

export const OPTION_NAMES: OptionNames<PostgresDriverOptions> = {
  url: "either",
  connection: "either",
  client: "either",
  schema: true,
  tablePrefix: true,
  createTables: true,
  synchronousCommit: true,
  prepare: true,
};

/** The settings of a pool to create, or what to use instead. */
export type ConnectionSource =
  | { readonly connection: PoolConfig; readonly pool?: undefined; readonly database?: undefined }
  | { readonly pool: Pool; readonly connection?: undefined; readonly database?: undefined }
  | { readonly database: QueryClient; readonly connection?: undefined; readonly pool?: undefined };

export interface ResolvedOptions {
  readonly source: ConnectionSource;
  readonly tables: Tables;
  readonly createTables: boolean;
  readonly synchronousCommit: "on" | "inherit";
  readonly prepare: boolean;
}

/** Validates the options and fills in their defaults. Throws a `TypeError` if they are invalid. */
export function resolveOptions(options: PostgresDriverOptions): ResolvedOptions {
  const { createTables = true, synchronousCommit = "on", prepare = true } = options;
  if (typeof createTables !== "boolean") throw new TypeError("`createTables` must be a boolean.");
  if (typeof prepare !== "boolean") throw new TypeError("`prepare` must be a boolean.");
  if (synchronousCommit !== "on" && synchronousCommit !== "inherit") {
    throw new TypeError('`synchronousCommit` must be "on" or "inherit".');
  }
  return { source: sourceOf(options), tables: tablesOf(options), createTables, synchronousCommit, prepare };
}

function sourceOf({ url, connection, client }: PostgresDriverOptions): ConnectionSource {
  if ([url, connection, client].filter((option) => option !== undefined).length !== 1) {
    throw new TypeError("Exactly one of `url`, `connection` and `client` must be set.");
  }
  if (client !== undefined) return clientSource(client);
  if (connection !== undefined) {
    if (typeof connection !== "object" || connection === null) {
      throw new TypeError("`connection` must be an object with the settings of a pg `Pool`.");
    }
    if (connection.connectionString !== undefined)
      checkUrl("connection.connectionString", connection.connectionString);
    return { connection };
  }
  checkUrl("url", url);
  return { connection: { connectionString: url } };
}

/** Checked here because the error of pg contains the URL and with it the password. */
function checkUrl(option: string, url: unknown): void {
  if (typeof url === "string" && /^postgres(?:ql)?:\/\//u.test(url) && URL.canParse(url)) return;
  throw new TypeError(
    `\`${option}\` must be a valid URL that begins with postgres://. Percent-encode special characters in the password.`,
  );
}

function clientSource(client: Pool | QueryClient): ConnectionSource {
  if (isPool(client)) return { pool: client };
  if (typeof client?.query !== "function") {
    throw new TypeError(
      "`client` must be a `Pool` of pg, or a database with a `query` method, such as PGlite.",
    );
  }
  if ("connect" in client) {
    throw new TypeError(
      "`client` must be a `Pool` of pg, not a single `Client`, whose transactions would include the store's saves. Pass a `Pool`.",
    );
  }
  return { database: client };
}

/** Compares members, not classes: the pool may come from another installed copy of pg. */
function isPool(client: Pool | QueryClient): client is Pool {
  return (
    typeof client === "object" &&
    client !== null &&
    "connect" in client &&
    typeof client.connect === "function" &&
    "totalCount" in client
  );
}
