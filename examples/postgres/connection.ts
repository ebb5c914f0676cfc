import {
  Pool,
  type PoolClient,
  type PoolConfig,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from "pg";
import { markLost, markUnsent, PostgresSetupError, stateOf } from "./explain.ts";

/** Either the store's own connections, which it closes, or a pool of yours, which it leaves open. */
export type ConnectionOptions =
  | { readonly connection: PoolConfig; readonly pool?: undefined }
  | { readonly pool: Pool; readonly connection?: undefined };

export interface Connection<Row extends QueryResultRow> {
  /** Has one statement carried out, once. Creates the table if it is not there. */
  readonly ask: (text: string, values: readonly unknown[], signal: AbortSignal) => Promise<QueryResult<Row>>;
  readonly close: () => Promise<void>;
}

const UNDEFINED_TABLE = "42P01";

/** Checks the options, without I/O. */
export function connect<Row extends QueryResultRow>(
  options: ConnectionOptions,
  schema: string,
): Connection<Row> {
  const pool = poolOf(options);
  return {
    ask: async (text, values, signal) => {
      const statement = { text, values: [...values] };
      try {
        return await askOnce<Row>(pool, statement, signal);
      } catch (error) {
        // Not looked for beforehand: where the table is there, nobody needs the right to create it.
        if (stateOf(error) !== UNDEFINED_TABLE) throw error;
        await askOnce(pool, { text: schema }, signal);
        return askOnce<Row>(pool, statement, signal);
      }
    },
    close: async () => {
      if (options.pool === undefined) await pool.end();
    },
  };
}

function poolOf({ connection, pool }: ConnectionOptions): Pool {
  if ((connection === undefined) === (pool === undefined)) {
    throw new TypeError("PostgreSQL needs one of `connection` and `pool`, and not both.");
  }
  if (pool !== undefined) {
    if (typeof pool?.connect !== "function") throw new TypeError("`pool` must be a Pool of pg.");
    return pool;
  }
  // By default pg waits for a silent server for ever.
  const own = new Pool({ connectionTimeoutMillis: 10_000, keepAlive: true, ...connection });
  // A connection that breaks while it is idle is replaced; without a listener the event would end the process.
  own.on("error", ignore);
  return own;
}

/** One statement on a connection of the pool. An abort ends the connection, for pg knows no other way. */
async function askOnce<Row extends QueryResultRow>(
  pool: Pool,
  statement: QueryConfig,
  signal: AbortSignal,
): Promise<QueryResult<Row>> {
  signal.throwIfAborted();
  const client = await connected(pool);
  let released = false;
  const release = (destroy: boolean): void => {
    if (!released) client.release(destroy);
    released = true;
  };
  const abandon = (): void => release(true);
  // Whoever asks is told by the statement's failure; an event that nobody listens to would end the process.
  client.on("error", ignore);
  signal.addEventListener("abort", abandon, { once: true });
  try {
    signal.throwIfAborted();
    const result = await client.query<Row>(statement);
    release(false);
    return result;
  } catch (error) {
    // After some errors the server is about to hang up, or has become a standby: the next call begins anew.
    release(true);
    throw markLost(error);
  } finally {
    signal.removeEventListener("abort", abandon);
    client.off("error", ignore);
  }
}

async function connected(pool: Pool): Promise<PoolClient> {
  if (pool.ending) throw new PostgresSetupError("The pool is closed. Close the store before its `pool`.");
  try {
    return await pool.connect();
  } catch (error) {
    throw markUnsent(error);
  }
}

function ignore(): void {}
