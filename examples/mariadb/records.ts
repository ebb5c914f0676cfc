import { type RecordDetails, TAIL_CONTEXT_BYTES, type ThreadDriver } from "@threadstore/core/driver";
import type { Database, Value } from "./connection.ts";
import { encodeKey } from "./keys.ts";

interface Row {
  readonly version: Buffer;
  readonly body: Buffer | null;
  readonly tail: Buffer | null;
}

export function recordMethods({
  table,
  select,
  change,
}: Database): Pick<ThreadDriver, "read" | "write" | "delete"> {
  const read = `
    SELECT version, IF(version = ?, NULL, body) AS body, IF(version = ?, NULL, tail) AS tail
    FROM ${table} WHERE namespace = ? AND id = ?`;
  const insert = `
    INSERT INTO ${table} (body, tail, size, version, expires_at, recency, namespace, id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
  const update = `
    UPDATE ${table} SET body = ?, tail = ?, size = ?, version = ?, expires_at = ?, recency = ?
    WHERE namespace = ? AND id = ? AND version = ?`;
  const remove = `
    DELETE FROM ${table} WHERE namespace = ? AND id = ? AND version = ?`;

  return {
    async read(key, cachedVersion, { signal }) {
      const known = cachedVersion ?? null;
      const [row] = await select<Row>(read, [known, known, ...encodeKey(key)], signal);
      if (row === undefined) return undefined;
      const { body, tail } = row;
      const version = String(row.version);
      const bytes = body === null || tail === null ? undefined : Buffer.concat([body, tail]);
      return { version, nonce: version, bytes };
    },

    async write(key, record, expectedVersion, { signal }) {
      const { body, tail } = splitBytes(record.bytes, record.trailerLength);
      const size = record.bytes.length;
      const values = [body, tail, size, ...detailsOf(record), ...encodeKey(key)];
      const changed =
        expectedVersion === undefined
          ? await change(insert, values, { size, signal })
          : await change(update, [...values, expectedVersion], { size, signal });
      return changed ? record.nonce : undefined;
    },

    delete: (key, expectedVersion, { signal }) =>
      change(remove, [...encodeKey(key), expectedVersion], { size: 0, signal }),
  };
}

/** Returns the values of the columns `version`, `expires_at` and `recency`. */
export function detailsOf({ nonce, expiresAt, updatedAt }: RecordDetails): Value[] {
  return [nonce, expiresAt ?? null, -updatedAt];
}

/** Splits the bytes of a record, or its last bytes, into those of the column `body` and those of `tail`. */
export function splitBytes(bytes: Uint8Array, trailerLength: number): { body: Buffer; tail: Buffer } {
  // A view, because mysql2 sends a Buffer as binary data and a Uint8Array as text.
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const bodyLength = Math.max(0, bytes.length - trailerLength - TAIL_CONTEXT_BYTES);
  return { body: view.subarray(0, bodyLength), tail: view.subarray(bodyLength) };
}
