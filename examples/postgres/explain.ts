import type { BackendErrorCode, FailureExplanation } from "@threadstore/core";

/** What is wrong with the set-up where pg has no error for it. The message names the remedy. */
export class PostgresSetupError extends Error {
  override readonly name = "PostgresSetupError";
}

// pg's own errors have neither a class nor a code. Where one came from is known all the same.
const unsent = new WeakSet<object>();
const lost = new WeakSet<object>();

/** Marks the error of a statement that was never sent: there was no connection to send it on. */
export function markUnsent(error: unknown): unknown {
  if (typeof error === "object" && error !== null) unsent.add(error);
  return error;
}

/** Marks the error of a statement that was sent. If the server did not answer it, nobody knows what became of it. */
export function markLost(error: unknown): unknown {
  if (typeof error === "object" && error !== null) lost.add(error);
  return error;
}

/** The SQLSTATE of an error that the server answered. Node.js has a `code` too, but not with a severity. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("severity" in error)) return undefined;
  return String(error.code);
}

type Meaning = readonly [code: BackendErrorCode, applied: "no" | "unknown", message: string];

/** By SQLSTATE, or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["08", ["UNAVAILABLE", "unknown", "The connection to PostgreSQL failed."]],
  ["25006", ["UNAVAILABLE", "no", "PostgreSQL accepts no writes: it is a standby, or set to read-only."]],
  [
    "28",
    ["ACCESS_DENIED", "no", "PostgreSQL refused the user or the password. Correct them, or pg_hba.conf."],
  ],
  ["3D000", ["MISCONFIGURED", "no", "The database does not exist. Create it, or correct its name."]],
  [
    "3F000",
    ["MISCONFIGURED", "no", "No schema of the search_path exists. Create it, or correct the search_path."],
  ],
  ["40", ["UNAVAILABLE", "no", "PostgreSQL undid the statement for the sake of another one."]],
  ["40003", ["UNAVAILABLE", "unknown", "PostgreSQL cannot tell whether the statement took effect."]],
  [
    "42501",
    [
      "ACCESS_DENIED",
      "no",
      "The role may not use the table, or not create it. Grant it SELECT, INSERT, UPDATE and DELETE on the table; " +
        "create the table with another role, or grant CREATE on the schema.",
    ],
  ],
  [
    "42",
    ["MISCONFIGURED", "no", "The table is not one of this store's. Give the store a `table` of its own."],
  ],
  ["53100", ["STORAGE_FULL", "no", "The disk of PostgreSQL is full. Make room and save again."]],
  [
    "53300",
    ["UNAVAILABLE", "no", "PostgreSQL has no connection to spare. Use fewer, or raise max_connections."],
  ],
  ["53", ["UNAVAILABLE", "no", "PostgreSQL has run out of memory or of another resource."]],
  ["54", ["TOO_LARGE", "no", "The record is larger than PostgreSQL accepts. Save a smaller thread."]],
  [
    "55P03",
    ["UNAVAILABLE", "no", "Another transaction kept the thread locked for longer than lock_timeout."],
  ],
  [
    "57014",
    ["UNAVAILABLE", "no", "PostgreSQL cancelled the statement: by statement_timeout, or on request."],
  ],
  // It may have come between the commit and its answer.
  [
    "57",
    ["UNAVAILABLE", "unknown", "PostgreSQL ended the connection: it shuts down, or somebody asked for it."],
  ],
  ["57P03", ["UNAVAILABLE", "no", "PostgreSQL is still starting up, or shutting down."]],
  ["XX001", ["CORRUPT", "no", "PostgreSQL found its files damaged. Keep a copy, and restore a backup."]],
  ["XX002", ["CORRUPT", "no", "PostgreSQL found an index damaged. Keep a copy, and REINDEX the table."]],
]);

export function explain(error: unknown): FailureExplanation | undefined {
  if (error instanceof PostgresSetupError) {
    return { code: "MISCONFIGURED", applied: "no", message: error.message };
  }
  const state = stateOf(error);
  if (state !== undefined) return explainState(state, error);
  if (wasUnsent(error)) return explainUnsent(error);
  if (typeof error !== "object" || error === null || !lost.has(error)) return undefined;
  const message = "The connection to PostgreSQL ended before the answer came.";
  return { code: "UNAVAILABLE", applied: "unknown", message };
}

function explainState(state: string, error: unknown): FailureExplanation {
  const [code, applied, message] = meanings.get(state) ??
    meanings.get(state.slice(0, 2)) ?? [
      "BACKEND_ERROR",
      "unknown",
      `PostgreSQL failed in a way that has no meaning of its own here (${state}). See the cause.`,
    ];
  return { code, message, applied: wasUnsent(error) ? "no" : applied };
}

/** What is wrong with a certificate does not pass by itself. */
const certificateCodes = /^(?:CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/u;

function explainUnsent(error: object): FailureExplanation {
  const code = "code" in error ? String(error.code) : "";
  if (certificateCodes.test(code)) {
    const message = `The TLS connection to PostgreSQL failed (${code}). Check the certificate and \`ssl\`.`;
    return { code: "MISCONFIGURED", applied: "no", message };
  }
  const message =
    "No connection to PostgreSQL could be made. Check that it runs, its host and port, the password and the size of " +
    "the pool: the cause says which.";
  return { code: "UNAVAILABLE", applied: "no", message };
}

function wasUnsent(error: unknown): error is object {
  return typeof error === "object" && error !== null && unsent.has(error);
}
