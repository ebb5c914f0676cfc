import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "./options.ts";

/** Returns a statement, which the first call compiles: a process that only saves does not compile those of listings. */
export type PreparedStatement<Row> = () => Statement<unknown[], Row>;

/** Prepares a statement that returns integers as numbers, even if the connection returns `bigint` by default. */
export function prepareStatement<Row>(database: SqliteDatabase, sql: string): PreparedStatement<Row> {
  let statement: Statement<unknown[], Row> | undefined;
  return () => (statement ??= database.prepare<unknown[], Row>(sql).safeIntegers(false));
}
