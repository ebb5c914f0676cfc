import { metadataHashes, type AsyncThreadDriver } from "@threadstore/core/driver";
import type { Row } from "./connection.ts";
import type { Database } from "./database.ts";
import { isNotText } from "./errors.ts";
import { encodeArray, encodeKey } from "./keys.ts";
import { CHUNK_BYTES } from "./schema.ts";
import type { RecordStatements } from "./statements.ts";

/** Returns the methods for single records. Each call is one statement, and so one round trip. */
export function recordMethods(
  { runPrepared: run }: Database,
  statements: RecordStatements,
): Pick<AsyncThreadDriver, "read" | "write" | "delete"> {
  return {
    async read(key, cachedVersion, { signal }) {
      const parameters = [...encodeKey(key), cachedVersion ?? null];
      const rows = await run(statements.read, parameters, signal).catch((error: unknown) => {
        if (!isNotText(error)) throw error;
        // Core finds the damage and reports it.
        return run(statements.readBytes, parameters, signal);
      });
      const [{ version = null }] = rows;
      return version === null ? undefined : { version, nonce: version, bytes: bytesOf(rows) };
    },

    async write(key, record, expectedVersion, { signal }) {
      const { bytes, unchanged, trailerLength, nonce, expiresAt, updatedAt, changedMetadata } = record;
      const size = bytes.length - trailerLength;
      const firstChunk = Math.floor(unchanged / CHUNK_BYTES);
      const parameters = [
        ...encodeKey(key),
        nonce,
        size,
        viewOf(bytes.subarray(size)),
        expiresAt === undefined ? null : expiresAt / 1000,
        firstChunk,
        Math.ceil(size / CHUNK_BYTES),
        viewOf(bytes.subarray(firstChunk * CHUNK_BYTES, size)),
        updatedAt,
        changedMetadata === undefined ? null : encodeArray(metadataHashes(key.namespace, changedMetadata)),
      ];
      const [row] =
        expectedVersion === undefined
          ? await run(statements.create, parameters, signal)
          : await run(statements.replace, [...parameters, expectedVersion], signal);
      return hasChanged(row) ? nonce : undefined;
    },

    async delete(key, expectedVersion, { signal }) {
      const [row] = await run(statements.delete, [...encodeKey(key), expectedVersion], signal);
      return hasChanged(row);
    },
  };
}

/** Returns the bytes of a record; `undefined` if they were not needed. */
function bytesOf(rows: readonly [Row, ...Row[]]): Buffer | undefined {
  if (rows.length === 1) return partOf(rows[0]);
  const parts = rows.toSorted((left, right) => Number(left["part"]) - Number(right["part"]));
  const record = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + Number(part["length"]), 0));
  let end = 0;
  for (const part of parts) {
    const { text = null } = part;
    end += text === null ? (partOf(part)?.copy(record, end) ?? 0) : record.write(text, end);
  }
  return record;
}

function partOf({ text = null, bytes = null }: Row): Buffer | undefined {
  if (text !== null) return Buffer.from(text);
  return bytes === null ? undefined : Buffer.from(bytes, "base64");
}

/** Returns a `Buffer`, which pg sends as it is. It copies the bytes when it sends the statement. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

export function hasChanged(row: Row): boolean {
  return row["changed"] === "1";
}
