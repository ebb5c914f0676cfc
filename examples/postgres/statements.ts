import { escapeIdentifier } from "pg";

/** The statements of a driver on the table of that name. Throws a `TypeError` for a wrong name. */
export function statementsFor(name: string): Readonly<Record<StatementName, string>> {
  // PostgreSQL cuts longer names without a word, and two stores would share a table.
  if (typeof name !== "string" || !/^[^\0]+$/u.test(name) || Buffer.byteLength(name) > 63) {
    throw new TypeError("`table` must be the name of a table, of at most 63 bytes.");
  }
  const table = escapeIdentifier(name);
  return {
    read: `
      SELECT version, CASE WHEN version = $3 THEN NULL ELSE body || trailer END AS bytes
      FROM ${table} WHERE namespace = $1 AND id = $2`,

    create: `
      INSERT INTO ${table} (namespace, id, version, body, trailer, expires_at)
      SELECT $1::bytea, $2::bytea, $3, $4::bytea, $5::bytea, to_timestamp($6::float8 / 1000) FROM ${durably}
      ON CONFLICT (namespace, id) DO NOTHING`,

    replace: `
      UPDATE ${table} SET version = $3, body = $4, trailer = $5, expires_at = to_timestamp($6::float8 / 1000)
      FROM ${durably} WHERE namespace = $1 AND id = $2 AND version = $7`,

    remove: `
      DELETE FROM ${table} USING ${durably} WHERE namespace = $1 AND id = $2 AND version = $3`,

    list: `
      SELECT id, version, trailer
      FROM ${table} WHERE namespace = $1 AND id > $2 ORDER BY id LIMIT $3`,

    // One transaction. The lock is for processes that come at once: IF NOT EXISTS alone makes some of them fail.
    schema: `
      SELECT pg_advisory_xact_lock(7214873310);
      CREATE TABLE IF NOT EXISTS ${table} (
        namespace bytea NOT NULL,
        id bytea NOT NULL,
        version text NOT NULL,
        body bytea NOT NULL,
        trailer bytea NOT NULL,
        expires_at timestamptz,
        PRIMARY KEY (namespace, id)
      )`,
  };
}

type StatementName = "read" | "create" | "replace" | "remove" | "list" | "schema";

/** Has the statement's own commit wait for the disk, whatever is set for the server, the role or the connection. */
const durably = "(SELECT set_config('synchronous_commit', 'on', true)) AS durably";
