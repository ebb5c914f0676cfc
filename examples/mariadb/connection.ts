import { DriverError, withLocation } from "@threadstore/core/driver";
import type { Pool, PoolConnection, QueryResult, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { DUPLICATE_ENTRY, NO_SUCH_TABLE, numberOf, statementFailure } from "./errors.ts";
import { quoteName } from "./keys.ts";
import type { ResolvedOptions } from "./options.ts";
import { closeConnection, connectionFrom, locationOf, openPool } from "./pool.ts";
import { schemaOf } from "./schema.ts";
import { createConnectionCheck, RESULT_OPTIONS } from "./settings.ts";

export type Value = string | number | Uint8Array | null;

export interface CallOptions {
  /** The length of the largest value that the server has to receive or build, in bytes. */
  readonly size: number;
  readonly signal: AbortSignal;
}

export interface Database {
  /** The table's name, quoted. */
  readonly table: string;
  /** Runs a query, once. Rejects with a `DriverError`. */
  readonly select: <Row>(sql: string, values: Value[], signal: AbortSignal) => Promise<Row[]>;
  /** Runs a statement that changes one row, once. Resolves with whether it did. Rejects with a `DriverError`. */
  readonly change: (sql: string, values: Value[], options: CallOptions) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export function openDatabase({ table: name, durability, ...source }: ResolvedOptions): Database {
  const { pool, close } = openPool(source);
  const table = quoteName(name);
  const location = `${locationOf(source)} The table is ${name}.`;
  const runOnce = statementRunner(pool, createConnectionCheck(durability));

  async function run<Result extends QueryResult>(
    sql: string,
    values: Value[],
    options: CallOptions,
  ): Promise<Result> {
    try {
      return await runOnce<Result>(sql, values, options);
    } catch (error) {
      // Not checked in advance: if the table exists, the user does not need the permission to create it.
      if (!hasNumber(error, NO_SUCH_TABLE)) throw error;
      await runOnce(schemaOf(table), [], options);
      return runOnce<Result>(sql, values, options);
    }
  }

  return {
    table,
    select: async <Row>(sql: string, values: Value[], signal: AbortSignal) =>
      withLocation(location, () => run<(Row & RowDataPacket)[]>(sql, values, { size: 0, signal })),
    change: async (sql, values, options) => {
      try {
        const { affectedRows } = await withLocation(location, () =>
          run<ResultSetHeader>(sql, values, options),
        );
        return affectedRows === 1;
      } catch (error) {
        if (hasNumber(error, DUPLICATE_ENTRY)) return false;
        throw error;
      }
    },
    close,
  };
}

type RunStatement = <Result extends QueryResult>(
  sql: string,
  values: Value[],
  options: CallOptions,
) => Promise<Result>;

/** Bytes of a statement in addition to its largest value. */
const STATEMENT_BYTES = 8192;

/** The flag of a response that says that a transaction is open. */
const IN_TRANSACTION = 1;

/** Returns a function that runs a statement on a connection of the pool. An abort closes the connection. */
function statementRunner(pool: Pool, check: (connection: PoolConnection) => Promise<number>): RunStatement {
  return async <Result extends QueryResult>(sql: string, values: Value[], { size, signal }: CallOptions) => {
    const connection = await connectionFrom(pool, signal);
    const abandon = (): void => closeConnection(connection);
    signal.addEventListener("abort", abandon, { once: true });
    try {
      const largest = await check(connection);
      if (size + STATEMENT_BYTES > largest) throw tooLarge();
      signal.throwIfAborted();
      const [result] = await connection.execute<Result>({ sql, values, ...RESULT_OPTIONS });
      checkTransaction(result);
      connection.release();
      return result;
    } catch (error) {
      // After some errors the server is about to shut down or is now a replica, so the next call gets a new connection.
      if (numberOf(error) === DUPLICATE_ENTRY) connection.release();
      else closeConnection(connection);
      signal.throwIfAborted();
      throw DriverError.is(error) ? error : statementFailure(error);
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  };
}

/**
 * Otherwise a rollback could undo a save that was acknowledged. Selects are not checked, because mysql2 does not return
 * the status of their responses: on such a connection they can read an old snapshot.
 */
function checkTransaction(result: QueryResult): void {
  if (!("serverStatus" in result) || (result.serverStatus & IN_TRANSACTION) === 0) return;
  const message =
    "A connection of the pool is inside a transaction. End transactions before you release a connection to the pool.";
  throw new DriverError("MISCONFIGURED", message);
}

function tooLarge(): DriverError {
  const message = "The record exceeds `max_allowed_packet` of MariaDB. Raise it, or save a smaller thread.";
  return new DriverError("TOO_LARGE", message);
}

function hasNumber(error: unknown, number: number): boolean {
  return DriverError.is(error) && numberOf(error.cause) === number;
}
