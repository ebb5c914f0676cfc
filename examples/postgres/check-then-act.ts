// A broken store, for docs/writing-an-adapter.md. It checks the version first and writes afterwards: of two clients that
// save at the same time, one loses a save that was acknowledged. The tests verify that the suite detects it.
import type { Harness } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { escapeIdentifier, Pool } from "pg";
import { connectionString, postgresHarness, tableOf } from "./harness.ts";
import { encodeKey } from "./keys.ts";
import { postgresDriver } from "./postgres-store.ts";

export const harness: Harness = {
  ...postgresHarness(connectionString),
  name: "check, then act",

  async open(location, options) {
    const pool = new Pool({ connectionString });
    const table = tableOf(location);
    const driver = postgresDriver({ pool, table });
    const upsert = `
      INSERT INTO ${escapeIdentifier(table)} (namespace, id, version, body, trailer, recency)
      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (namespace, id)
      DO UPDATE SET version = $3, body = $4, trailer = $5, recency = $6`;

    const write: typeof driver.write = async (
      key,
      { bytes, trailerLength, nonce, updatedAt },
      expectedVersion,
      call,
    ) => {
      const current = await driver.read(key, undefined, call);
      if (current?.version !== expectedVersion) return undefined;
      const bodyLength = bytes.length - trailerLength;
      const parts = [bytes.subarray(0, bodyLength), bytes.subarray(bodyLength)];
      await pool.query(upsert, [...encodeKey(key), nonce, ...parts, -updatedAt]);
      return nonce;
    };
    return createThreadStore({ ...driver, write, close: () => pool.end() }, options);
  },
};
