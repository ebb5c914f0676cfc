// A broken store, for docs/writing-an-adapter.md: it looks at the version first and writes after. Each step is right, and
// of two clients who save at once one loses what it was told is kept. The suite finds it: the tests see to that.
import type { Harness } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core";
import { escapeIdentifier, Pool } from "pg";
import { connectionString, postgresHarness, tableOf } from "./harness.ts";
import { postgresDriver } from "./postgres-store.ts";

export const harness: Harness = {
  ...postgresHarness(connectionString),
  name: "check, then act",

  async open(place, options) {
    const pool = new Pool({ connectionString });
    const table = tableOf(place);
    const driver = postgresDriver({ pool, table });
    const upsert = `
      INSERT INTO ${escapeIdentifier(table)} VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (namespace, id) DO UPDATE SET version = $3, body = $4, trailer = $5`;

    const write: typeof driver.write = async (key, { bytes, trailerLength, nonce }, expected, call) => {
      const current = await driver.read(key, undefined, call);
      if (current?.version !== expected) return undefined;
      const split = bytes.length - trailerLength;
      const values = [Buffer.from(key.namespace), Buffer.from(key.id), nonce];
      await pool.query(upsert, [...values, bytes.subarray(0, split), bytes.subarray(split)]);
      return nonce;
    };
    return createThreadStore({ ...driver, write, close: () => pool.end() }, options);
  },
};
