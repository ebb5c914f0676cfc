import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  errorWithout,
  isError,
  networkFailureOf,
} from "@threadstore/core/driver";

type Meaning = readonly [code: BackendErrorCode, effect: DriverErrorEffect, message: string];

export const UNDEFINED_TABLE = "42P01";

const WRONG_CREDENTIALS =
  "PostgreSQL rejected the user or password, or its pg_hba.conf does not admit the client. Correct the credentials in `url`, `connection` or `client`.";
const MISSING_PERMISSION =
  "The PostgreSQL role lacks a permission on the store's tables. Grant the permissions listed in the README.";
const OTHER_TABLES =
  "The tables were not created by this package: another application uses their names. Set a different `tablePrefix` or `schema`.";
const SHUT_DOWN = "PostgreSQL shut down or closed the connection. Try again later.";

/** Keyed by SQLSTATE or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANING_BY_SQLSTATE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    "08": ["UNAVAILABLE", "unknown", "The connection to PostgreSQL failed. Try again later."],
    "25006": [
      "UNAVAILABLE",
      "none",
      "PostgreSQL is read-only. Wait for the failover to end, connect to the primary, or reset `default_transaction_read_only`.",
    ],
    "25P03": ["UNAVAILABLE", "unknown", SHUT_DOWN],
    "25P04": [
      "UNAVAILABLE",
      "unknown",
      "The statement exceeded the `transaction_timeout` of PostgreSQL. Raise it, or save a smaller thread.",
    ],
    "28": ["ACCESS_DENIED", "none", WRONG_CREDENTIALS],
    "3D000": [
      "MISCONFIGURED",
      "none",
      "The PostgreSQL database does not exist. Create it, or correct its name in `url`, `connection` or `client`.",
    ],
    "3F000": [
      "MISCONFIGURED",
      "none",
      "The PostgreSQL schema of the store's tables does not exist. Create it, or correct `schema` or the `search_path`.",
    ],
    "40": [
      "UNAVAILABLE",
      "none",
      "PostgreSQL rolled the statement back because of a concurrent transaction. Try again.",
    ],
    "40003": ["UNAVAILABLE", "unknown", "PostgreSQL cannot tell whether the statement completed."],
    "42": ["MISCONFIGURED", "none", OTHER_TABLES],
    "42501": ["ACCESS_DENIED", "none", MISSING_PERMISSION],
    "53": [
      "UNAVAILABLE",
      "none",
      "PostgreSQL is out of memory or another resource. Check the server, and try again later.",
    ],
    "53100": ["STORAGE_FULL", "none", "The disk of PostgreSQL is full. Free some space."],
    "53300": [
      "UNAVAILABLE",
      "none",
      "PostgreSQL has too many connections. Lower the size of the pools, use PgBouncer, or raise `max_connections`.",
    ],
    "54": ["TOO_LARGE", "none", "The record exceeds a limit of PostgreSQL. Save a smaller thread."],
    "55P03": [
      "UNAVAILABLE",
      "none",
      "The thread stayed locked for longer than `lock_timeout`. Keep other transactions on it short.",
    ],
    "57": ["UNAVAILABLE", "unknown", SHUT_DOWN],
    "57014": [
      "UNAVAILABLE",
      "none",
      "PostgreSQL cancelled the statement. Check `statement_timeout`, and keep other transactions on the thread short.",
    ],
    "57P03": ["UNAVAILABLE", "none", "PostgreSQL is starting up or shutting down. Try again later."],
    "58": [
      "UNAVAILABLE",
      "unknown",
      "PostgreSQL could not read or write its files. Check the disk and the log of the server.",
    ],
    XX001: ["CORRUPT", "none", "PostgreSQL found corrupt data. Check the disk, and restore a backup."],
    XX002: ["CORRUPT", "none", "PostgreSQL found a corrupt index. Rebuild it with `REINDEX`."],
  }),
);

/** Returns the SQLSTATE of an error that the server sent. Node.js errors have a `code` too, but not a `severity`. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!isError(error) || !("code" in error) || !("severity" in error)) return undefined;
  return String(error.code);
}

/** Returns whether the server does not know the name of a prepared statement, or already has one of that name. */
export function isNameRefused(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "26000" || state === "42P05";
}

/** Returns whether a statement failed because bytes are not text in UTF-8, or contain NUL. */
export function isNotText(error: unknown): boolean {
  return DriverError.is(error) && sqlStateOf(error.cause) === "22021";
}

/** The failure of a statement that was sent. */
export function statementFailure(error: unknown): DriverError {
  const state = sqlStateOf(error);
  const cause = isError(error) ? errorWithout(error, ...REVEALING) : error;
  if (state === undefined) {
    const message = "The connection to PostgreSQL ended before the response arrived. Try again later.";
    return new DriverError("UNAVAILABLE", message, { effect: "unknown", cause });
  }
  const [code, effect, message] = meaningOf(state);
  return new DriverError(code, message, { effect, cause });
}

/** The failure of a statement that was not sent, because the pool could not provide a connection. */
export function connectionFailure(error: unknown): DriverError {
  const state = sqlStateOf(error);
  const text = isError(error) ? error.message : "";
  // Errors of pg about the password, and of PgBouncer, which have no specific SQLSTATE.
  if (text.startsWith("SASL:") || /authentication failed|no such user/u.test(text)) {
    return new DriverError("ACCESS_DENIED", WRONG_CREDENTIALS, { cause: error });
  }
  if (state !== undefined) {
    const [code, , message] = meaningOf(state);
    return new DriverError(code, message, { cause: error });
  }
  if (networkFailureOf(error) === "certificate-refused" || /\bSSL\b/u.test(text)) {
    const message =
      "The TLS connection to PostgreSQL failed. Check that the server supports TLS, the certificate and `ssl`.";
    return new DriverError("MISCONFIGURED", message, { cause: error });
  }
  const message =
    "Could not connect to PostgreSQL. Check that it is running, the host and port, and the size of the pool.";
  return new DriverError("UNAVAILABLE", message, { cause: error });
}

/** The failure of a call whose tables do not exist, and that may not create them. */
export function tablesMissing(): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    "The store's tables do not exist. Run the SQL of `postgresMigrations()`, set `createTables`, or correct `schema`, `tablePrefix` or the `search_path`.",
  );
}

/** The failure of a call that finds some of the store's tables. */
export function tablesIncomplete({ cause }: DriverError): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    "Some of the store's tables do not exist, or are not in the `search_path`. Restore them from a backup, or correct `schema`.",
    { cause },
  );
}

/** Replaces the message of a failure for the statement that creates the tables. */
export function explainCreation(error: unknown): unknown {
  if (!DriverError.is(error) || error.code !== "ACCESS_DENIED" || sqlStateOf(error.cause) !== "42501") {
    return error;
  }
  const message =
    "The store's tables do not exist, and the PostgreSQL role may not create them. Grant CREATE on the schema, or run the SQL of `postgresMigrations()`.";
  return new DriverError("ACCESS_DENIED", message, { cause: error.cause });
}

function meaningOf(state: string): Meaning {
  return (
    MEANING_BY_SQLSTATE.get(state) ??
    MEANING_BY_SQLSTATE.get(state.slice(0, 2)) ?? [
      "BACKEND_ERROR",
      "unknown",
      `PostgreSQL failed with an unexpected error (${state}). See the cause.`,
    ]
  );
}

/** Members of errors of pg and PGlite that can hold rows or parameters, and with them the content of a thread. */
const REVEALING = ["detail", "where", "internalQuery", "query", "params", "parameters"];
