/**
 * Returns the statement that creates the table. It runs as one transaction. The lock serializes processes that start at
 * the same time: with `IF NOT EXISTS` alone, some of them would fail.
 */
export function schemaOf(table: string): string {
  return `
    SELECT pg_advisory_xact_lock(7214873310);
    CREATE TABLE IF NOT EXISTS ${table} (
      namespace bytea NOT NULL,
      id bytea NOT NULL,
      version text NOT NULL,
      body bytea NOT NULL,
      trailer bytea NOT NULL,
      expires_at timestamptz,
      recency bigint NOT NULL,
      PRIMARY KEY (namespace, id),
      UNIQUE (namespace, recency, id)
    )`;
}
