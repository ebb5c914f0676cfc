import type { SqliteDatabase } from "./options.ts";

/**
 * Removes old content from the write-ahead log, for the option `secureDelete`. SQLite overwrites deleted content in the
 * database file, but a log keeps the pages that earlier transactions wrote until it is truncated, also after its pages
 * were copied into the database file.
 */
export interface LogCleaner {
  /**
   * Truncates the log. If another connection is reading or writing, this has to wait for a later call. Throws what SQLite
   * throws for any other reason.
   */
  clean(): void;
  /** Repeats the last `clean` if it could not truncate the log. Never throws, because no call depends on it. */
  retry(): void;
}

const NO_LOG: LogCleaner = { clean: () => {}, retry: () => {} };

/** Blocks the event loop, so it is only long enough for the queries and transactions of other stores. */
const WAIT_MS = 100;

/** Cleans the log of a database that was just opened: the process that used it before may have been killed. */
export function createLogCleaner(database: SqliteDatabase): LogCleaner {
  if (database.memory || database.readonly) return NO_LOG;
  let isPending = true;
  const cleaner: LogCleaner = {
    clean() {
      // A reader for which the last attempt waited in vain would make every call wait.
      const waitMs = isPending ? 0 : WAIT_MS;
      isPending = true;
      isPending = !truncateLog(database, waitMs);
    },
    retry() {
      if (!isPending) return;
      try {
        cleaner.clean();
      } catch {
        // The change was reported when it failed, and the log stays pending.
      }
    },
  };
  cleaner.retry();
  return cleaner;
}

/** Returns whether the log is empty. Without a log, it is. */
function truncateLog(database: SqliteDatabase, waitMs: number): boolean {
  const timeoutMs = Number(database.pragma("busy_timeout", { simple: true }));
  database.pragma(`busy_timeout = ${Math.min(waitMs, timeoutMs)}`);
  try {
    return database.pragma("wal_checkpoint(TRUNCATE)", { simple: true }) === 0;
  } finally {
    database.pragma(`busy_timeout = ${timeoutMs}`);
  }
}
