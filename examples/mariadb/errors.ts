import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  networkFailureOf,
} from "@threadstore/core/driver";

type Meaning = readonly [code: BackendErrorCode, effect: DriverErrorEffect, message: string];

/** Another record has the key. */
export const DUPLICATE_ENTRY = 1062;
export const NO_SUCH_TABLE = 1146;

/** https://mariadb.com/docs/server/reference/error-codes */
const MEANINGS: readonly (readonly [numbers: number[], ...Meaning])[] = [
  [[1045, 1698, 1820, 4151], "ACCESS_DENIED", "none", "MariaDB rejected the user or password. Correct them."],
  [[1130], "ACCESS_DENIED", "none", "MariaDB rejected the client's host. Create a user for this host."],
  [
    [1044, 1142, 1143, 1227],
    "ACCESS_DENIED",
    "none",
    "The user lacks a permission. Grant SELECT, INSERT, UPDATE and DELETE on the table.",
  ],
  [[1034, 1194, 1712, 1932], "CORRUPT", "none", "MariaDB found its data corrupt. Restore a backup."],
  [[4025], "CORRUPT", "none", "The stored record is shorter than expected. Restore a backup."],
  [[1046], "MISCONFIGURED", "none", "No database is selected. Set `database`."],
  [[1049], "MISCONFIGURED", "none", "The database does not exist. Create it, or correct its name."],
  [
    [1054, 1136, 1364, 1406],
    "MISCONFIGURED",
    "none",
    "Another application uses the table. Set a different `table`.",
  ],
  [[1021, 1114], "STORAGE_FULL", "none", "The disk of MariaDB is full. Free some space."],
  [
    [1153, 1301],
    "TOO_LARGE",
    "none",
    "The record exceeds `max_allowed_packet` of MariaDB. Raise it, or save a smaller thread.",
  ],
  [[1040, 1129, 1203, 1226], "UNAVAILABLE", "none", "MariaDB rejects further connections. Raise its limits."],
  [[1037, 1038, 1041, 1461], "UNAVAILABLE", "none", "MariaDB is out of a resource. See the cause."],
  [[1020, 1213, 1615], "UNAVAILABLE", "none", "MariaDB rolled the statement back. Try again."],
  [
    [1205],
    "UNAVAILABLE",
    "none",
    "The thread stayed locked for longer than `innodb_lock_wait_timeout`. Try again.",
  ],
  [[1317, 1969], "UNAVAILABLE", "none", "MariaDB cancelled the statement. Check `max_statement_time`."],
  [
    [1036, 1047, 1290, 1792, 1836],
    "UNAVAILABLE",
    "none",
    "MariaDB is read-only, or not ready. Connect to the primary server.",
  ],
  // A connection can end after the commit and before its response.
  [
    [1053, 1152, 1158, 1159, 1927],
    "UNAVAILABLE",
    "unknown",
    "MariaDB ended the connection. Try again later.",
  ],
];

const MEANING_BY_NUMBER: ReadonlyMap<number, Meaning> = new Map(
  MEANINGS.flatMap(([numbers, ...meaning]) => numbers.map((number) => [number, meaning] as const)),
);

/** Returns the number of an error that the server sent. Node.js errors have an `errno` too, but not a `sqlState`. */
export function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errno" in error) || !("sqlState" in error)) return undefined;
  return Number(error.errno);
}

/** The failure of a statement that was sent. */
export function statementFailure(cause: unknown): DriverError {
  const number = numberOf(cause);
  if (number === undefined) {
    const message = "The connection to MariaDB ended before the response arrived. Try again later.";
    return new DriverError("UNAVAILABLE", message, { effect: "unknown", cause });
  }
  const [code, effect, message] = meaningOf(number);
  return new DriverError(code, message, { effect, cause });
}

/** The failure of a statement that was not sent, because the pool could not provide a usable connection. */
export function connectionFailure(cause: unknown): DriverError {
  const number = numberOf(cause);
  if (number !== undefined) {
    const [code, , message] = meaningOf(number);
    return new DriverError(code, message, { cause });
  }
  if (networkFailureOf(cause) === "certificate-refused" || isTlsFailure(cause)) {
    const message = "The TLS connection to MariaDB failed. Check the certificate and `ssl`.";
    return new DriverError("MISCONFIGURED", message, { cause });
  }
  const message = "Could not connect to MariaDB. Check that it is running, the host, the port and the pool.";
  return new DriverError("UNAVAILABLE", message, { cause });
}

function isTlsFailure(error: unknown): boolean {
  const codes: unknown[] = ["HANDSHAKE_SSL_ERROR", "HANDSHAKE_NO_SSL_SUPPORT"];
  return error instanceof Error && "code" in error && codes.includes(error.code);
}

function meaningOf(number: number): Meaning {
  const message = `MariaDB failed with an unexpected error (${number}). See the cause.`;
  return MEANING_BY_NUMBER.get(number) ?? ["BACKEND_ERROR", "unknown", message];
}
