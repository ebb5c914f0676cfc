import { DriverError, withLocation } from "@threadstore/core/driver";
import { locationOf, openConnection, type Row } from "./connection.ts";
import { explainCreation, sqlStateOf, tablesIncomplete, tablesMissing, UNDEFINED_TABLE } from "./errors.ts";
import type { Tables } from "./keys.ts";
import type { ResolvedOptions } from "./options.ts";
import { creationOf, SCHEMA_VERSION } from "./schema.ts";

type RunStatement = (
  statement: string,
  parameters: unknown[],
  signal: AbortSignal,
) => Promise<[Row, ...Row[]]>;

export interface Database {
  readonly tables: Tables;
  /**
   * Runs one statement that selects the columns of `guardColumns`, once, and resolves with its rows, of which there is
   * at least one. Creates the tables if they do not exist. Rejects with a `DriverError`.
   */
  readonly run: RunStatement;
  /** The same, for statements that are worth preparing: those of single records. */
  readonly runPrepared: RunStatement;
  readonly close: () => Promise<void>;
}

/**
 * The columns with which every statement proves that its result can be trusted: the tables have the version that this
 * release knows, and the server is not a standby, which may lag behind an acknowledged save. Costs no round trip.
 */
export function guardColumns({ migrations }: Tables): string {
  return `(SELECT max(version) FROM ${migrations})::text AS tables_version, pg_is_in_recovery()::text AS is_standby`;
}

/** The condition with which a statement changes nothing in tables of another version. */
export function tablesMatch({ migrations }: Tables): string {
  return `(SELECT max(version) FROM ${migrations}) = ${SCHEMA_VERSION}`;
}

export function openDatabase({ source, tables, createTables, prepare }: ResolvedOptions): Database {
  const connection = openConnection(source, prepare);
  const location = locationOf(source);

  async function create(signal: AbortSignal): Promise<void> {
    if (!createTables) throw tablesMissing();
    try {
      await connection.run(
        { statement: creationOf(tables), parameters: [], isPrepared: false, accept: () => undefined },
        signal,
      );
    } catch (error) {
      throw explainCreation(error);
    }
  }

  const runner =
    (isPrepared: boolean): RunStatement =>
    (statement, parameters, signal) => {
      const request = { statement, parameters, isPrepared, accept: acceptRows };
      return withLocation(location, async () => {
        try {
          return await connection.run(request, signal);
        } catch (error) {
          // Not checked in advance: if the tables exist, the role does not need the permission to create them.
          if (!isTableMissing(error)) throw error;
          await create(signal);
          return await connection.run(request, signal).catch((reason: unknown) => {
            throw isTableMissing(reason) ? tablesIncomplete(reason) : reason;
          });
        }
      });
    };

  return { tables, run: runner(false), runPrepared: runner(true), close: connection.close };
}

function isTableMissing(error: unknown): error is DriverError {
  return DriverError.is(error) && sqlStateOf(error.cause) === UNDEFINED_TABLE;
}

function acceptRows([first, ...others]: readonly Row[]): [Row, ...Row[]] {
  if (first?.["is_standby"] === "true") {
    throw new DriverError(
      "UNAVAILABLE",
      "The PostgreSQL server is a standby, which may lag behind an acknowledged save. Wait for the failover to end, or connect to the primary.",
    );
  }
  const version = first?.["tables_version"];
  if (first === undefined || version !== String(SCHEMA_VERSION)) {
    throw new DriverError(
      "MISCONFIGURED",
      `The store's tables have version ${version ?? "0"}, but this release of @threadstore/postgres supports version ${SCHEMA_VERSION}. Install a release that supports both.`,
    );
  }
  return [first, ...others];
}
