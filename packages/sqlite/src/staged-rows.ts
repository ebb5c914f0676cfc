import type { SqliteDatabase } from "./options.ts";
import { prepareStatement } from "./statements.ts";

/** The rows of `threadstore_staged`: saves in progress, by the number to which their chunks belong. */
export interface StagedRows {
  /** Returns whether the table exists. */
  readonly isUsed: () => boolean;
  /** Adds a row with a number that no thread has, and returns it. Creates the table if it does not exist. */
  readonly insert: () => number;
  /** Notes that the save is in progress. Returns whether the row exists. */
  readonly renew: (thread: number) => boolean;
  readonly remove: (thread: number) => boolean;
  /** Returns the number of a save of which nothing was heard for a while. */
  readonly selectAbandoned: () => number | undefined;
}

/**
 * How long after its last transaction a save counts as abandoned. If its process was only suspended, it will notice that
 * the row is missing, and store the record in one transaction: too short a time would only make such a save slower.
 */
export const ABANDONED_AFTER_MS = 10_000;

// The first large save creates it. Earlier releases see neither the table nor the chunks.
const TABLE = `CREATE TABLE IF NOT EXISTS threadstore_staged (
  thread INTEGER PRIMARY KEY,
  changed_at INTEGER NOT NULL
) STRICT`;

interface Statements {
  readonly insert: (thread: number, now: number) => boolean;
  readonly renew: (now: number, thread: number) => boolean;
  readonly remove: (thread: number) => boolean;
  readonly selectAbandoned: (now: number) => number | undefined;
}

export function prepareStagedRows(database: SqliteDatabase): StagedRows {
  const selectTable = prepareStatement(
    database,
    "SELECT 1 FROM sqlite_schema WHERE name = 'threadstore_staged'",
  );
  // A statement cannot be prepared before its table exists.
  let prepared: Statements | undefined;
  const statements = (): Statements => (prepared ??= prepareStatements(database));
  const isUsed = (): boolean => selectTable().get() !== undefined;
  return {
    isUsed,
    insert() {
      database.exec(TABLE);
      for (;;) {
        const thread = randomNumber();
        if (statements().insert(thread, Date.now())) return thread;
      }
    },
    renew: (thread) => statements().renew(Date.now(), thread),
    remove: (thread) => statements().remove(thread),
    selectAbandoned: () => (isUsed() ? statements().selectAbandoned(Date.now()) : undefined),
  };
}

/** Returns a random negative number: SQLite assigns positive ones, one after the other, to threads. */
function randomNumber(): number {
  return -1 - Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}

function prepareStatements(database: SqliteDatabase): Statements {
  const changes = (sql: string): ((...parameters: number[]) => boolean) => {
    const statement = prepareStatement(database, sql);
    return (...parameters) => statement().run(...parameters).changes === 1;
  };
  // A clock that was wrong may have left a time in the future.
  const selectAbandoned = prepareStatement<{ thread: number }>(
    database,
    `SELECT thread FROM threadstore_staged WHERE abs(? - changed_at) > ${ABANDONED_AFTER_MS} LIMIT 1`,
  );
  return {
    // Numbers of threads are as random as this one once they were staged, too.
    insert: changes(
      `INSERT OR IGNORE INTO threadstore_staged (thread, changed_at) SELECT column1, column2 FROM (VALUES (?, ?))
       WHERE NOT EXISTS (SELECT 1 FROM threadstore_threads WHERE thread = column1)`,
    ),
    renew: changes("UPDATE threadstore_staged SET changed_at = ? WHERE thread = ?"),
    remove: changes("DELETE FROM threadstore_staged WHERE thread = ?"),
    selectAbandoned: (now) => selectAbandoned().get(now)?.thread,
  };
}
