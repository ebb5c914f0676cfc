import { createCleanUp } from "./clean-up.ts";
import type { DatabaseFiles } from "./database-files.ts";
import { checkConnection, openDatabase } from "./database.ts";
import {
  driverErrorOf,
  isCorruption,
  isReadFailure,
  openingError,
  readFailure,
  uncleanLog,
} from "./errors.ts";
import { type ListNamespaces, prepareListNamespaces } from "./list-namespaces.ts";
import { type ListRecords, prepareList } from "./list.ts";
import { createLogCleaner, type LogCleaner } from "./log-cleaner.ts";
import type { ResolvedOptions, SqliteDatabase } from "./options.ts";
import { prepareRecords, type Records } from "./records.ts";

type Operations = Records & { readonly list: ListRecords; readonly listNamespaces: ListNamespaces };

/** Runs operations on a database, which the first of them opens. None of them waits. Their errors are `DriverError`s. */
export interface Connection {
  read<Result>(signal: AbortSignal, run: (operations: Operations) => Result): Result;
  /**
   * Also verifies afterwards that the change is in the file at the database's path. Unless the change only `adds`, the
   * content that it removed is also removed from the log, if the options ask for that.
   */
  change<Result>(
    signal: AbortSignal,
    run: (operations: Operations) => Result,
    options?: { readonly adds: boolean },
  ): Result;
  close(): void;
}

interface Opened {
  readonly database: SqliteDatabase;
  readonly files: DatabaseFiles;
  readonly operations: Operations;
  /** `undefined` unless the options ask for it. */
  readonly log: LogCleaner | undefined;
  readonly cleanUp: () => boolean;
}

export function createConnection(options: ResolvedOptions): Connection {
  const filename = options.database === undefined ? options.filename : options.database.name;
  const isUnreadable = createDiagnosis();
  let opened: Opened | undefined;

  function open(): Opened {
    if (options.database !== undefined) checkConnection(options.database);
    try {
      return (opened ??= openAll(options));
    } catch (error) {
      throw openingError(error, filename);
    }
  }

  function attempt<Result>(work: (open: Opened) => Result): Result {
    const current = open();
    try {
      current.files.verify("none");
      current.log?.retry();
      return work(current);
    } catch (error) {
      if (isUnreadable(error, current.database)) throw readFailure(error, filename);
      throw driverErrorOf(error, filename) ?? error;
    }
  }

  // better-sqlite3 is synchronous: a call that has started is over before its signal can abort.
  return {
    read(signal, run) {
      signal.throwIfAborted();
      return attempt(({ operations }) => run(operations));
    },
    change(signal, run, { adds } = { adds: false }) {
      signal.throwIfAborted();
      return attempt(({ operations, files, log, cleanUp }) => {
        const result = run(operations);
        files.verify("unknown");
        const removes = cleanUp() || !adds;
        if (removes && log !== undefined) cleanLog(log, filename);
        return result;
      });
    },
    close() {
      if (opened?.database.open === true) opened.log?.retry();
      // The last connection to close copies the WAL into the database file and removes it.
      if (options.database === undefined) opened?.database.close();
    },
  };
}

/** The change was applied, so a failure must not report that it was not. */
function cleanLog(log: LogCleaner, filename: string): void {
  try {
    log.clean();
  } catch (error) {
    throw uncleanLog(error, filename);
  }
}

function openAll(options: ResolvedOptions): Opened {
  const { database, files } = openDatabase(options);
  try {
    const listings = { list: prepareList(database), listNamespaces: prepareListNamespaces(database) };
    const log = options.secureDelete ? createLogCleaner(database) : undefined;
    const operations = { ...prepareRecords(database), ...listings };
    return { database, files, operations, log, cleanUp: createCleanUp(operations.staging) };
  } catch (error) {
    if (options.database === undefined) database.close();
    throw error;
  }
}

/** The check reads the whole database in the worst case. */
const DIAGNOSIS_MAX_AGE_MS = 60_000;

/** Returns a function like `isReadFailure` that repeats its check only after a while. */
function createDiagnosis(): typeof isReadFailure {
  let diagnosedAt = Number.NEGATIVE_INFINITY;
  let diagnosis = false;
  return (error, database) => {
    if (!isCorruption(error)) return false;
    if (performance.now() - diagnosedAt > DIAGNOSIS_MAX_AGE_MS) {
      diagnosis = isReadFailure(error, database);
      diagnosedAt = performance.now();
    }
    return diagnosis;
  };
}
