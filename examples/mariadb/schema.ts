/**
 * Returns the statement that creates the table. Defaults that a server can change are explicit. Processes that start at
 * the same time wait for each other, because MariaDB locks the name of the table.
 */
export function schemaOf(table: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${table} (
      namespace VARBINARY(1536) NOT NULL,
      id VARBINARY(512) NOT NULL,
      version VARBINARY(22) NOT NULL,
      body LONGBLOB NOT NULL,
      tail MEDIUMBLOB NOT NULL,
      size INT UNSIGNED NOT NULL,
      expires_at BIGINT NULL,
      recency BIGINT NOT NULL,
      PRIMARY KEY (namespace, id),
      KEY by_recency (namespace, recency, id),
      CONSTRAINT complete CHECK (LENGTH(body) + LENGTH(tail) = size)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC`;
}
