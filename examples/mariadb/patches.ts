import type { ThreadDriver } from "@threadstore/core/driver";
import type { Database } from "./connection.ts";
import { encodeKey } from "./keys.ts";
import { detailsOf, splitBytes } from "./records.ts";

interface Row {
  readonly version: Buffer;
  readonly tail: Buffer;
}

export function patchMethods({ table, select, change }: Database): Pick<ThreadDriver, "readTail" | "patch"> {
  const readTail = `
    SELECT version, tail FROM ${table} WHERE namespace = ? AND id = ?`;
  // The assignments take effect from left to right: `body` first, as long as `tail` is still the old one.
  const patch = `
    UPDATE ${table} SET
      body = CONCAT(LEFT(CONCAT(body, tail), ?), ?), tail = ?, size = ?, version = ?, expires_at = ?, recency = ?
    WHERE namespace = ? AND id = ? AND version = ?`;

  return {
    async readTail(key, { signal }) {
      const [row] = await select<Row>(readTail, encodeKey(key), signal);
      if (row === undefined) return undefined;
      const version = String(row.version);
      return { version, nonce: version, tail: row.tail };
    },

    async patch(key, record, expectedVersion, { signal }) {
      const { keep, bytes, trailerLength } = record;
      const { body, tail } = splitBytes(bytes, trailerLength);
      const size = keep + bytes.length;
      const values = [keep, body, tail, size, ...detailsOf(record), ...encodeKey(key), expectedVersion];
      return (await change(patch, values, { size, signal })) ? record.nonce : undefined;
    },
  };
}
