import { DriverError } from "@threadstore/core/driver";
import { Pool, type PoolClient, type PoolConfig } from "pg";
import { connectionFailure, isNameRefused, statementFailure } from "./errors.ts";
import type { ConnectionSource, QueryClient } from "./options.ts";
import { PreparedNames } from "./prepared-names.ts";

/** A row of a result. Statements select text only, so no setting of the client changes how it arrives. */
export type Row = Readonly<Record<string, string | null>>;

export interface Request<Result> {
  readonly statement: string;
  readonly parameters: unknown[];
  /**
   * Whether the server parses and plans the statement once for each connection, under a name, which saves a third of the
   * time of a save. For statements whose best plan does not depend on the parameters.
   */
  readonly isPrepared: boolean;
  /** Checks and converts the rows. If it throws, the connection is not used again. */
  readonly accept: (rows: readonly Row[]) => Result;
}

export interface Connection {
  /** Runs one statement in its own transaction, once. Rejects with a `DriverError`. */
  readonly run: <Result>(request: Request<Result>, signal: AbortSignal) => Promise<Result>;
  readonly close: () => Promise<void>;
}

export function openConnection(
  { connection, pool, database }: ConnectionSource,
  prepare: boolean,
): Connection {
  if (database !== undefined) {
    return {
      run: (request, signal) => runEmbedded(database, request, signal),
      close: () => Promise.resolve(),
    };
  }
  const names = new PreparedNames(prepare);
  if (pool !== undefined) {
    return {
      run: (request, signal) => runNamed(pool, request, names, signal),
      close: () => Promise.resolve(),
    };
  }
  let ownPool: Pool | undefined;
  return {
    run: (request, signal) => runNamed((ownPool ??= createPool(connection)), request, names, signal),
    close: async () => ownPool?.end(),
  };
}

/**
 * Runs a statement under its name. If the name is unknown or taken, the server has not run it: a pooler between them
 * changes connections between statements and does not know prepared ones. Statements then stay without names.
 */
async function runNamed<Result>(
  pool: Pool,
  request: Request<Result>,
  names: PreparedNames,
  signal: AbortSignal,
): Promise<Result> {
  const name = request.isPrepared ? names.of(request.statement) : undefined;
  if (name === undefined) return runPooled(pool, request, signal);
  try {
    return await runPooled(pool, request, signal, name);
  } catch (error) {
    if (!DriverError.is(error) || !isNameRefused(error.cause)) throw error;
    names.stop();
    return runPooled(pool, request, signal);
  }
}

/** Returns a sentence for error messages that names the server and the database, without credentials. */
export function locationOf({ connection, pool }: ConnectionSource): string {
  const config = connection ?? pool?.options;
  if (config === undefined) return "The database is embedded.";
  const { connectionString = "" } = config;
  const { hostname, port, pathname } = new URL(
    URL.canParse(connectionString) ? connectionString : "postgres:///",
  );
  // In the order in which pg looks for them. Without any of them, the database has the name of the user.
  const host = hostname || config.host || process.env["PGHOST"] || "localhost";
  const server = `${host}:${port || config.port || process.env["PGPORT"] || 5432}`;
  const database = pathname.slice(1) || config.database || process.env["PGDATABASE"];
  return `The server is ${server}${database === undefined ? "" : `, the database ${database}`}.`;
}

function createPool(connection: PoolConfig): Pool {
  // By default, pg waits forever for a server that does not answer.
  const timeouts = { connectionTimeoutMillis: 10_000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
  const pool = new Pool({ ...timeouts, ...connection });
  // The pool replaces a connection that breaks while idle. Without a listener, the event would end the process.
  pool.on("error", ignore);
  // Once, and not for each statement, like for a client of the caller's pool.
  pool.on("connect", (client) => client.on("error", ignore));
  return pool;
}

async function runEmbedded<Result>(
  database: QueryClient,
  { statement, parameters, accept }: Request<Result>,
  signal: AbortSignal,
): Promise<Result> {
  signal.throwIfAborted();
  if (database.closed === true) throw clientClosed();
  // Copied, because an aborted statement may still run later, when core has reused the buffer.
  const values = parameters.map((value) => (Buffer.isBuffer(value) ? Buffer.from(value) : value));
  const { rows } = await database.query(statement, values).catch((error: unknown) => {
    throw statementFailure(error);
  });
  return accept(rows as readonly Row[]);
}

/** Runs a statement on a connection of the pool. An abort closes the connection, because pg cannot cancel a statement. */
async function runPooled<Result>(
  pool: Pool,
  { statement: text, parameters: values, accept }: Request<Result>,
  signal: AbortSignal,
  name?: string,
): Promise<Result> {
  signal.throwIfAborted();
  const client = await connectedClient(pool);
  let isReleased = false;
  const release = (destroy: boolean): void => {
    if (!isReleased) client.release(destroy);
    isReleased = true;
  };
  const abandon = (): void => release(true);
  // The statement reports the error. Without a listener, the event would end the process.
  const isUnheard = client.listenerCount("error") === 0;
  if (isUnheard) client.on("error", ignore);
  signal.addEventListener("abort", abandon, { once: true });
  try {
    if (signal.aborted) release(false);
    signal.throwIfAborted();
    checkTransaction(client);
    const query = { text, values, types: TEXT_TYPES, ...(name === undefined ? {} : { name }) };
    const { rows } = await client.query<Row>(query).catch((error: unknown) => {
      throw statementFailure(error);
    });
    const result = accept(rows);
    release(false);
    return result;
  } catch (error) {
    // After some errors the server is about to shut down or is now a standby, so the next call gets a new connection.
    release(true);
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", abandon);
    if (isUnheard) client.off("error", ignore);
  }
}

/** Converts every column to a string, whatever the pool's own settings. */
const TEXT_TYPES = { getTypeParser: (): typeof String => String };

async function connectedClient(pool: Pool): Promise<PoolClient> {
  if (pool.ending) throw clientClosed();
  try {
    return await pool.connect();
  } catch (error) {
    throw connectionFailure(error);
  }
}

/** Otherwise a rollback could undo a save that was acknowledged. */
function checkTransaction(client: PoolClient): void {
  // Older releases of pg do not know the status.
  if (!("getTransactionStatus" in client)) return;
  const status: string | null = client.getTransactionStatus();
  if (status === null || status === "I") return;
  throw new DriverError(
    "MISCONFIGURED",
    "A client of the pool is inside a transaction. End transactions before you release a client to the pool.",
  );
}

function clientClosed(): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    "The pool or database passed as `client` is closed. Close the store before you close its `client`.",
  );
}

function ignore(): void {}
