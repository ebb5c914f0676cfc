import type { ThreadDriver } from "@threadstore/core/driver";
import type { Database } from "./connection.ts";
import { encodeKey } from "./keys.ts";

/** Makes the statement's own commit wait for the disk, whatever the server, role or connection has configured. */
export const DURABLY = "(SELECT set_config('synchronous_commit', 'on', true)) AS durably";

export function recordMethods({ table, query }: Database): Pick<ThreadDriver, "read" | "write" | "delete"> {
  const select = `
    SELECT version, CASE WHEN version = $3 THEN NULL ELSE body || trailer END AS bytes
    FROM ${table} WHERE namespace = $1 AND id = $2`;
  const insert = `
    INSERT INTO ${table} (namespace, id, version, body, trailer, expires_at, recency)
    SELECT $1::bytea, $2::bytea, $3, $4::bytea, $5::bytea, to_timestamp($6::float8 / 1000), $7::bigint FROM ${DURABLY}
    ON CONFLICT (namespace, id) DO NOTHING`;
  const update = `
    UPDATE ${table} SET
      version = $3, body = $4, trailer = $5, expires_at = to_timestamp($6::float8 / 1000), recency = $7
    FROM ${DURABLY} WHERE namespace = $1 AND id = $2 AND version = $8`;
  const remove = `
    DELETE FROM ${table} USING ${DURABLY} WHERE namespace = $1 AND id = $2 AND version = $3`;

  return {
    async read(key, cachedVersion, { signal }) {
      const values = [...encodeKey(key), cachedVersion];
      const { rows } = await query<{ version: string; bytes: Buffer | null }>(select, values, signal);
      return rows[0] && { version: rows[0].version, bytes: rows[0].bytes ?? undefined };
    },

    async write(key, { bytes, trailerLength, nonce, expiresAt, updatedAt }, expectedVersion, { signal }) {
      const bodyLength = bytes.length - trailerLength;
      const [body, trailer] = [bytes.subarray(0, bodyLength), bytes.subarray(bodyLength)];
      const values = [...encodeKey(key), nonce, body, trailer, expiresAt, -updatedAt];
      const { rowCount } =
        expectedVersion === undefined
          ? await query(insert, values, signal)
          : await query(update, [...values, expectedVersion], signal);
      return rowCount === 1 ? nonce : undefined;
    },

    async delete(key, expectedVersion, { signal }) {
      const { rowCount } = await query(remove, [...encodeKey(key), expectedVersion], signal);
      return rowCount === 1;
    },
  };
}
