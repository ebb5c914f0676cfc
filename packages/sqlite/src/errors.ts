import { dirname } from "node:path";
import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  hasSystemErrorCode,
  isError,
} from "@threadstore/core/driver";
import { fs } from "./node-fs.ts";
import type { SqliteDatabase } from "./options.ts";

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

const DISK_FULL: Failure = {
  code: "STORAGE_FULL",
  message:
    "The disk is full, or the database has reached its `max_page_count`. Free some space and save again.",
};

const IO_ERROR: Failure = {
  code: "UNAVAILABLE",
  // The commit may have reached the file before the error, and recovery would then keep it.
  effect: "unknown",
  message: "SQLite could not read or write its file. Check the disk and the file system.",
};

const NO_NATIVE_MODULE: Failure = {
  code: "MISCONFIGURED",
  message:
    "The native module of better-sqlite3 is missing, or was built for another version of Node.js or another platform. Install better-sqlite3 again on this machine. Up to version 12, let your package manager run its install script, or run `npm rebuild better-sqlite3`.",
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
  ["SQLITE_FULL", DISK_FULL],
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
      message: "SQLite cannot open the database file. Set `path` to a file, not a folder.",
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
  ["SQLITE_IOERR", IO_ERROR],
]);

const DISK_FULL_CODES = ["ENOSPC", "EDQUOT"];
const DENIED_CODES = ["EACCES", "EPERM", "EROFS"];

/** Returns the `DriverError` for an error of better-sqlite3; `undefined` for any other error. */
export function driverErrorOf(error: unknown, filename: string): DriverError | undefined {
  if (!isSqliteError(error)) return undefined;
  const { code, message, effect } = failureOf(error, filename);
  return new DriverError(code, describe(message, filename), { effect, cause: error });
}

function failureOf(error: SqliteError, filename: string): Failure {
  const primaryCode = primaryCodeOf(error);
  // SQLite does not say why it cannot open a file.
  if (primaryCode === "SQLITE_CANTOPEN" && isDenied(filename)) return NOT_WRITABLE;
  return FAILURE_BY_CODE.get(primaryCode) ?? UNRECOGNIZED;
}

/** Returns the error for a failure to open the database or to look at its files, which itself changes nothing. */
export function openingError(
  error: unknown,
  filename: string,
  effect: DriverErrorEffect = "none",
): DriverError {
  if (DriverError.is(error)) return error;
  const { code, message } = isSqliteError(error) ? failureOf(error, filename) : systemFailureOf(error);
  return new DriverError(code, describe(message, filename), { effect, cause: error });
}

function systemFailureOf(error: unknown): Failure {
  if (hasSystemErrorCode(error, ...DENIED_CODES)) return NOT_WRITABLE;
  return hasSystemErrorCode(error, ...DISK_FULL_CODES) ? DISK_FULL : UNRECOGNIZED;
}

/** Returns the error for an error that the constructor of a connection threw. */
export function connectionError(cause: unknown, filename: string): DriverError {
  // Apart from SQLite's errors and invalid arguments, it only throws if it cannot load the native module.
  if (isSqliteError(cause) || (isError(cause) && cause.name === "TypeError"))
    return openingError(cause, filename);
  return new DriverError(NO_NATIVE_MODULE.code, NO_NATIVE_MODULE.message, { cause });
}

/** Whether the permissions of the file or its folder forbid to use it. Opening the file would end SQLite's locks. */
function isDenied(filename: string): boolean {
  const { R_OK, W_OK, X_OK } = fs.constants;
  try {
    fs.accessSync(dirname(filename), R_OK | W_OK | X_OK);
    fs.accessSync(filename, R_OK | W_OK);
    return false;
  } catch (error) {
    return hasSystemErrorCode(error, ...DENIED_CODES);
  }
}

export function isCorruption(error: unknown): boolean {
  return isSqliteError(error) && primaryCodeOf(error) === "SQLITE_CORRUPT";
}

/**
 * Returns whether an error that reports a corrupt database is the failure of the disk to read it. SQLite reports both
 * with the same code; only its check of the database tells them apart.
 */
export function isReadFailure(error: unknown, database: SqliteDatabase): boolean {
  if (!isCorruption(error)) return false;
  const problem = firstProblem(database);
  const code = Number(/error code=(\d+)/u.exec(problem)?.[1]);
  return code % EXTENDED_CODE_FACTOR === SQLITE_IOERR;
}

function firstProblem(database: SqliteDatabase): string {
  try {
    return String(database.pragma("quick_check(1)", { simple: true }));
  } catch {
    return "";
  }
}

const EXTENDED_CODE_FACTOR = 256;
const SQLITE_IOERR = 10;

/** Returns the error for a disk that cannot read the database. */
export function readFailure(cause: unknown, filename: string): DriverError {
  return new DriverError(IO_ERROR.code, describe(IO_ERROR.message, filename), {
    effect: IO_ERROR.effect,
    cause,
  });
}

interface SqliteError extends Error {
  readonly code: unknown;
}

/** By name, not by class: the connection may come from another installed copy of better-sqlite3. */
function isSqliteError(error: unknown): error is SqliteError {
  return isError(error) && error.name === "SqliteError" && "code" in error;
}

/** An extended code, such as SQLITE_BUSY_SNAPSHOT, starts with the primary code, which decides. */
function primaryCodeOf({ code }: SqliteError): string {
  return String(code).split("_", 2).join("_");
}

/** Returns the error for a problem with the setup that SQLite has no code for. `message` names the remedy. */
export function misconfigured(
  message: string,
  filename: string,
  effect: DriverErrorEffect = "none",
): DriverError {
  return new DriverError("MISCONFIGURED", describe(message, filename), { effect });
}

/** Returns the error for a change that was applied, and whose removed content may still be in the write-ahead log. */
export function uncleanLog(cause: unknown, filename: string): DriverError {
  const message =
    "The change was applied, but SQLite could not empty the write-ahead log, which may contain what was removed. The next call tries again. Check the disk.";
  return new DriverError("UNAVAILABLE", describe(message, filename), { effect: "unknown", cause });
}

/** Returns the error for an index that does not match its table, which SQLite does not notice. */
export function corruptIndex(filename: string): DriverError {
  const message =
    "An index of the SQLite database is corrupt, and may hide threads. Keep a copy, run `REINDEX`, and check the disk.";
  return new DriverError("CORRUPT", describe(message, filename));
}

/** The failure of an append to a record that ends before the bytes that it keeps. */
export function recordTooShort(filename: string): DriverError {
  const message =
    "The stored record is shorter than when it was written, and was left as it is. Restore it, delete the thread, or save with `overwrite: true`.";
  return new DriverError("CORRUPT", describe(message, filename));
}

function describe(message: string, filename: string): string {
  return isFile(filename) ? `${message} The database is ${filename}.` : message;
}

/** A database in memory has no name, and neither has a temporary one. */
function isFile(filename: string): boolean {
  return filename !== "" && filename !== ":memory:";
}
