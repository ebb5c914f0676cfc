import { metadataHashes, type AsyncThreadDriver } from "@threadstore/core/driver";
import type { Database } from "./database.ts";
import { encodeArray, encodeKey } from "./keys.ts";
import { hasChanged, viewOf } from "./records.ts";
import { CHUNK_BYTES } from "./schema.ts";
import type { RecordStatements } from "./statements.ts";

/** Returns the methods for the ends of records. Each call is one statement. */
export function patchMethods(
  { runPrepared: run }: Database,
  statements: RecordStatements,
): Pick<AsyncThreadDriver, "readTail" | "patch"> {
  return {
    async readTail(key, { signal }) {
      const [row] = await run(statements.readTail, encodeKey(key), signal);
      const { version = null, bytes = null } = row;
      if (version === null) return undefined;
      return { version, nonce: version, tail: Buffer.from(bytes ?? "", "base64") };
    },

    async patch(key, patch, expectedVersion, { signal }) {
      const { keep, bytes, trailerLength, nonce, expiresAt, updatedAt, changedMetadata } = patch;
      const contentLength = bytes.length - trailerLength;
      const size = keep + contentLength;
      const parameters = [
        ...encodeKey(key),
        nonce,
        size,
        viewOf(bytes.subarray(contentLength)),
        expiresAt === undefined ? null : expiresAt / 1000,
        Math.floor(keep / CHUNK_BYTES),
        Math.ceil(size / CHUNK_BYTES),
        viewOf(bytes.subarray(0, contentLength)),
        updatedAt,
        changedMetadata === undefined ? null : encodeArray(metadataHashes(key.namespace, changedMetadata)),
        expectedVersion,
        keep % CHUNK_BYTES,
      ];
      const [row] = await run(statements.patch, parameters, signal);
      return hasChanged(row) ? nonce : undefined;
    },
  };
}
