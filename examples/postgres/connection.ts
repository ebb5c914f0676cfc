import { DriverError } from "@threadstore/core/driver";
import {
  escapeIdentifier,
  Pool,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from "pg";
import { connectionFailure, sqlStateOf, statementFailure } from "./errors.ts";
import type { PoolSource } from "./options.ts";
import { schemaOf } from "./schema.ts";

export interface Database {
  /** The table's name, escaped. */
  readonly table: string;
  /** Runs one statement, once. Creates the table if it does not exist. Rejects with a `DriverError`. */
  readonly query: <Row extends QueryResultRow>(
    statement: string,
    values: unknown[],
    signal: AbortSignal,
  ) => Promise<QueryResult<Row>>;
  readonly close: () => Promise<void>;
}

const UNDEFINED_TABLE = "42P01";

export function openDatabase({ table: name, ...source }: PoolSource & { readonly table: string }): Database {
  const pool = source.pool ?? createPool(source.connection);
  const table = escapeIdentifier(name);
  return {
    table,
    query: async <Row extends QueryResultRow>(text: string, values: unknown[], signal: AbortSignal) => {
      try {
        return await queryOnce<Row>(pool, { text, values }, signal);
      } catch (error) {
        // Not checked in advance: if the table exists, the role does not need the permission to create it.
        if (!DriverError.is(error) || sqlStateOf(error.cause) !== UNDEFINED_TABLE) throw error;
        await queryOnce(pool, { text: schemaOf(table) }, signal);
        return queryOnce<Row>(pool, { text, values }, signal);
      }
    },
    close: async () => {
      if (source.pool === undefined) await pool.end();
    },
  };
}

function createPool(connection: PoolSource["connection"]): Pool {
  // By default, pg waits forever for a server that does not answer.
  const pool = new Pool({ connectionTimeoutMillis: 10_000, keepAlive: true, ...connection });
  // The pool replaces a connection that breaks while idle. Without a listener, the event would end the process.
  pool.on("error", ignore);
  return pool;
}

/** Runs a statement on a connection of the pool. An abort closes the connection, because pg cannot cancel a statement. */
async function queryOnce<Row extends QueryResultRow>(
  pool: Pool,
  statement: QueryConfig,
  signal: AbortSignal,
): Promise<QueryResult<Row>> {
  signal.throwIfAborted();
  const client = await connectedClient(pool);
  let released = false;
  const release = (destroy: boolean): void => {
    if (!released) client.release(destroy);
    released = true;
  };
  const abandon = (): void => release(true);
  // The statement reports the error. Without a listener, the event would end the process.
  client.on("error", ignore);
  signal.addEventListener("abort", abandon, { once: true });
  try {
    signal.throwIfAborted();
    const result = await client.query<Row>(statement);
    release(false);
    return result;
  } catch (error) {
    // After some errors the server is about to shut down or is now a standby, so the next call gets a new connection.
    release(true);
    signal.throwIfAborted();
    throw statementFailure(error);
  } finally {
    signal.removeEventListener("abort", abandon);
    client.off("error", ignore);
  }
}

async function connectedClient(pool: Pool): Promise<PoolClient> {
  if (pool.ending) {
    throw new DriverError(
      "MISCONFIGURED",
      "The pool is closed. Close the store before you close its `pool`.",
    );
  }
  try {
    return await pool.connect();
  } catch (error) {
    throw connectionFailure(error);
  }
}

function ignore(): void {}
