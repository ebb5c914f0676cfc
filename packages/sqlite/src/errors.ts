import { type BackendErrorCode, DriverError, type DriverErrorEffect } from "@threadstore/core/driver";

interface Failure {
  readonly code: BackendErrorCode;
  /** @default "none": SQLite rolled the transaction back. */
  readonly effect?: DriverErrorEffect;
  readonly message: string;
}

const LOCKED: Failure = {
  code: "UNAVAILABLE",
  message:
    "Another connection kept the SQLite database locked. Keep other transactions on it short, or raise `busyTimeoutMs`.",
};

const NOT_WRITABLE: Failure = {
  code: "ACCESS_DENIED",
  message:
    "SQLite is not allowed to write to the database. Give this process write access to the file and to its folder, which also holds the -wal and -shm files, and do not pass a read-only connection.",
};

const UNRECOGNIZED: Failure = {
  code: "BACKEND_ERROR",
  effect: "unknown",
  message: "SQLite reported an unexpected error. See the code and message of the cause.",
};

/** By primary result code: https://www.sqlite.org/rescode.html */
const FAILURE_BY_CODE: ReadonlyMap<string, Failure> = new Map([
  ["SQLITE_BUSY", LOCKED],
  ["SQLITE_LOCKED", LOCKED],
  ["SQLITE_READONLY", NOT_WRITABLE],
  ["SQLITE_PERM", NOT_WRITABLE],
  ["SQLITE_AUTH", NOT_WRITABLE],
  [
    "SQLITE_FULL",
    {
      code: "STORAGE_FULL",
      message:
        "The disk is full, or the database has reached its `max_page_count`. Free some space and save again.",
    },
  ],
  [
    "SQLITE_NOTADB",
    {
      code: "MISCONFIGURED",
      message: "The file is not a SQLite database, or it is encrypted. Use a separate file for the store.",
    },
  ],
  [
    "SQLITE_CANTOPEN",
    {
      code: "MISCONFIGURED",
      message:
        "SQLite cannot open the database file. Set `path` to a file, not a folder, and give this process read and write access to its folder.",
    },
  ],
  [
    "SQLITE_CORRUPT",
    {
      code: "CORRUPT",
      message:
        "The SQLite database file is corrupt. Keep a copy, run `PRAGMA integrity_check`, and restore a backup or use `.recover` of the sqlite3 shell.",
    },
  ],
  [
    "SQLITE_TOOBIG",
    {
      code: "TOO_LARGE",
      message: "The record exceeds SQLite's size limit. Save a smaller thread.",
    },
  ],
  [
    "SQLITE_IOERR",
    {
      code: "UNAVAILABLE",
      // The commit may have reached the file before the error, and recovery would then keep it.
      effect: "unknown",
      message: "SQLite could not read or write its file. Check the disk and the file system.",
    },
  ],
]);

/** Runs one driver call and throws the errors of better-sqlite3 as a `DriverError`. */
export async function withDriverErrors<Result>(call: () => Result): Promise<Result> {
  try {
    return call();
  } catch (error) {
    throw driverErrorOf(error) ?? error;
  }
}

/** Returns the `DriverError` for an error of better-sqlite3; `undefined` for any other error. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  // By name, not by class: the connection may come from another installed copy of better-sqlite3.
  if (!(error instanceof Error) || error.name !== "SqliteError" || !("code" in error)) return undefined;
  // An extended code, such as SQLITE_BUSY_SNAPSHOT, starts with the primary code, which decides.
  const primaryCode = String(error.code).split("_", 2).join("_");
  const { code, message, effect } = FAILURE_BY_CODE.get(primaryCode) ?? UNRECOGNIZED;
  return new DriverError(code, message, { effect, cause: error });
}

/** Returns the error for a problem with the setup that SQLite has no code for. `message` names the remedy. */
export function misconfigured(message: string): DriverError {
  return new DriverError("MISCONFIGURED", message);
}
