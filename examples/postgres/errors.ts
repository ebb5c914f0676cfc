import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  networkFailureOf,
} from "@threadstore/core/driver";

type Meaning = readonly [code: BackendErrorCode, effect: DriverErrorEffect, message: string];

/** Keyed by SQLSTATE or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANING_BY_SQLSTATE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    "08": ["UNAVAILABLE", "unknown", "The connection to PostgreSQL failed. Try again later."],
    "25006": ["UNAVAILABLE", "none", "PostgreSQL is read-only. Connect to the primary server."],
    "28": ["ACCESS_DENIED", "none", "PostgreSQL rejected the user or password. Correct them."],
    "3D000": ["MISCONFIGURED", "none", "The database does not exist. Create it, or correct its name."],
    "3F000": ["MISCONFIGURED", "none", "No schema of the `search_path` exists. Correct it."],
    "40": ["UNAVAILABLE", "none", "PostgreSQL rolled the statement back. Try again."],
    "40003": ["UNAVAILABLE", "unknown", "PostgreSQL does not know whether the statement completed."],
    "42501": [
      "ACCESS_DENIED",
      "none",
      "The role lacks a permission. Grant it SELECT, INSERT, UPDATE and DELETE.",
    ],
    "42": ["MISCONFIGURED", "none", "Another application uses the table. Set a different `table`."],
    "53100": ["STORAGE_FULL", "none", "The disk of PostgreSQL is full. Free some space."],
    "53300": ["UNAVAILABLE", "none", "PostgreSQL is out of connections. Raise max_connections."],
    "53": ["UNAVAILABLE", "none", "PostgreSQL is out of memory or another resource. Try again later."],
    "54": ["TOO_LARGE", "none", "The record exceeds a limit of PostgreSQL. Save a smaller thread."],
    "55P03": ["UNAVAILABLE", "none", "The thread stayed locked for longer than lock_timeout. Try again."],
    "57014": ["UNAVAILABLE", "none", "PostgreSQL cancelled the statement. Check statement_timeout."],
    // A shutdown can come after the commit and before its response.
    "57": ["UNAVAILABLE", "unknown", "PostgreSQL closed the connection. Try again later."],
    "57P03": ["UNAVAILABLE", "none", "PostgreSQL is starting up or shutting down. Try again later."],
    XX001: ["CORRUPT", "none", "PostgreSQL found corrupt data. Restore a backup."],
    XX002: ["CORRUPT", "none", "PostgreSQL found a corrupt index. Rebuild it with REINDEX."],
  }),
);

/** Returns the SQLSTATE of an error that the server sent. Node.js errors have a `code` too, but not a `severity`. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("severity" in error)) return undefined;
  return String(error.code);
}

/** The failure of a statement that was sent. */
export function statementFailure(cause: unknown): DriverError {
  const state = sqlStateOf(cause);
  if (state === undefined) {
    const message = "The connection to PostgreSQL ended before the response arrived. Try again later.";
    return new DriverError("UNAVAILABLE", message, { effect: "unknown", cause });
  }
  const [code, effect, message] = meaningOf(state);
  return new DriverError(code, message, { effect, cause });
}

/** The failure of a statement that was not sent, because the pool could not provide a connection. */
export function connectionFailure(cause: unknown): DriverError {
  const state = sqlStateOf(cause);
  if (state !== undefined) {
    const [code, , message] = meaningOf(state);
    return new DriverError(code, message, { cause });
  }
  if (networkFailureOf(cause) === "certificate-refused") {
    const message = "The TLS connection to PostgreSQL failed. Check the certificate and `ssl`.";
    return new DriverError("MISCONFIGURED", message, { cause });
  }
  const message =
    "Could not connect to PostgreSQL. Check that it is running, the host and port, the password and the size of the pool.";
  return new DriverError("UNAVAILABLE", message, { cause });
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
