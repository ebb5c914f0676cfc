// A broken store, for docs/writing-an-adapter.md. It checks the version first and writes afterwards: of two clients that
// save at the same time, one loses a save that was acknowledged. The tests verify that the suite detects it.
import type { Harness } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { createPool } from "mysql2/promise";
import { databaseUrl, mariadbHarness, tableOf } from "./harness.ts";
import { encodeKey, quoteName } from "./keys.ts";
import { mariadbDriver } from "./mariadb-store.ts";
import { detailsOf, splitBytes } from "./records.ts";

export const harness: Harness = {
  ...mariadbHarness(databaseUrl),
  name: "check, then act",

  async open(location, options) {
    const pool = createPool({ uri: databaseUrl });
    const table = tableOf(location);
    const driver = mariadbDriver({ pool, table });
    const replace = `
      REPLACE INTO ${quoteName(table)} (body, tail, size, version, expires_at, recency, namespace, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

    const write: typeof driver.write = async (key, record, expectedVersion, call) => {
      const current = await driver.read(key, undefined, call);
      if (current?.version !== expectedVersion) return undefined;
      const { body, tail } = splitBytes(record.bytes, record.trailerLength);
      const values = [body, tail, record.bytes.length, ...detailsOf(record), ...encodeKey(key)];
      await pool.execute(replace, values);
      return record.nonce;
    };
    return createThreadStore({ ...driver, write, close: () => pool.end() }, options);
  },
};
