import type { BackendErrorCode, FailureExplanation } from "@threadstore/core";

/** What is wrong with the set-up where SQLite has no code for it. The message names the remedy. */
export class SqliteSetupError extends Error {
  override readonly name = "SqliteSetupError";
}

interface Meaning {
  readonly code: BackendErrorCode;
  /** @default "no": SQLite had rolled the transaction back. */
  readonly applied?: "unknown";
  readonly message: string;
}

const locked: Meaning = {
  code: "UNAVAILABLE",
  message:
    "Another connection kept the SQLite database locked. Keep other transactions on it short, or raise `busyTimeoutMs`.",
};

const refused: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "SQLite may not write to the database. Let this process write to the file and to its folder, where SQLite keeps the -wal and -shm files, and do not give the store a read-only connection.",
};

const otherFailure: Meaning = {
  code: "BACKEND_ERROR",
  applied: "unknown",
  message: "SQLite failed in a way that has no meaning of its own here. The cause has its code and message.",
};

/** By primary result code: https://www.sqlite.org/rescode.html */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ["SQLITE_BUSY", locked],
  ["SQLITE_LOCKED", locked],
  ["SQLITE_READONLY", refused],
  ["SQLITE_PERM", refused],
  ["SQLITE_AUTH", refused],
  [
    "SQLITE_FULL",
    {
      code: "STORAGE_FULL",
      message: "The disk is full, or the database has reached its max_page_count. Make room and save again.",
    },
  ],
  [
    "SQLITE_NOTADB",
    {
      code: "MISCONFIGURED",
      message: "The file is not a SQLite database, or it is encrypted. Give the store a file of its own.",
    },
  ],
  [
    "SQLITE_CANTOPEN",
    {
      code: "MISCONFIGURED",
      message:
        "SQLite cannot open the database file. `path` must name a file, not a folder, in a folder where this process may read and write.",
    },
  ],
  [
    "SQLITE_CORRUPT",
    {
      code: "CORRUPT",
      message:
        "The SQLite database file is damaged. Keep a copy, look at it with `PRAGMA integrity_check`, and restore a backup or use the sqlite3 shell's `.recover`.",
    },
  ],
  [
    "SQLITE_TOOBIG",
    { code: "TOO_LARGE", message: "The record is larger than this SQLite accepts. Save a smaller thread." },
  ],
  [
    "SQLITE_IOERR",
    {
      code: "UNAVAILABLE",
      // The commit may have reached the file before the error, and a recovery would then find it there.
      applied: "unknown",
      message: "Reading or writing the SQLite file failed. Look at the disk and the file system.",
    },
  ],
]);

export function explain(error: unknown): FailureExplanation | undefined {
  if (error instanceof SqliteSetupError) {
    return { code: "MISCONFIGURED", message: error.message, applied: "no" };
  }
  // By name, not by class: the connection may come from another installed copy of better-sqlite3.
  if (!(error instanceof Error) || error.name !== "SqliteError" || !("code" in error)) return undefined;
  // Extended codes have a third part, as SQLITE_BUSY_SNAPSHOT; SQLite says to treat unknown ones as the first two.
  const primary = String(error.code).split("_", 2).join("_");
  const { code, message, applied = "no" } = meanings.get(primary) ?? otherFailure;
  return { code, message, applied };
}
