import { TAIL_CONTEXT_BYTES, type ThreadDriver } from "@threadstore/core/driver";
import type { Database } from "./connection.ts";
import { encodeKey } from "./keys.ts";
import { DURABLY } from "./records.ts";

export function patchMethods({ table, query }: Database): Pick<ThreadDriver, "readTail" | "patch"> {
  const selectEnd = `
    SELECT version, substring(body FROM greatest(length(body) - ${TAIL_CONTEXT_BYTES - 1}, 1)) || trailer AS tail
    FROM ${table} WHERE namespace = $1 AND id = $2`;
  const patch = `
    UPDATE ${table} SET
      version = $3, trailer = $5, expires_at = to_timestamp($6::float8 / 1000), recency = $7,
      body = substring(body FROM 1 FOR $9::int) || $4::bytea
    FROM ${DURABLY} WHERE namespace = $1 AND id = $2 AND version = $8`;

  return {
    async readTail(key, { signal }) {
      const { rows } = await query<{ version: string; tail: Buffer }>(selectEnd, encodeKey(key), signal);
      return rows[0];
    },

    async patch(key, record, expectedVersion, { signal }) {
      const { keep, bytes, trailerLength, nonce, expiresAt, updatedAt } = record;
      const bodyLength = bytes.length - trailerLength;
      const [body, trailer] = [bytes.subarray(0, bodyLength), bytes.subarray(bodyLength)];
      const details = [nonce, body, trailer, expiresAt, -updatedAt];
      const values = [...encodeKey(key), ...details, expectedVersion, keep];
      const { rowCount } = await query(patch, values, signal);
      return rowCount === 1 ? nonce : undefined;
    },
  };
}
