import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "./options.ts";

/** Prepares a statement that returns integers as numbers, even if the connection returns `bigint` by default. */
export function prepareStatement<Row>(database: SqliteDatabase, sql: string): Statement<unknown[], Row> {
  return database.prepare<unknown[], Row>(sql).safeIntegers(false);
}
