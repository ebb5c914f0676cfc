// Tells the conformance suite how to use the store. To run it from the command line, set DATABASE_URL and run:
// npx threadstore-conformance ./harness.ts
import type { Backend, ChildProcessModule, Harness } from "@threadstore/conformance";
import { Client, escapeIdentifier, type QueryResultRow } from "pg";
import { postgresStore } from "./postgres-store.ts";

/** Each location is a table. With `backend`, the suite also crashes the server. */
export function postgresHarness(url: string, backend?: Backend): Harness {
  const thisRecord = "WHERE namespace = '' AND id = $1";
  return {
    name: "postgres",

    async open(location, options) {
      return postgresStore({ ...options, connection: { connectionString: url }, table: tableOf(location) });
    },

    async destroy(location) {
      await directQuery(url, `DROP TABLE IF EXISTS ${escapeIdentifier(tableOf(location))}`);
    },

    async rewrite(location, id, change) {
      const table = escapeIdentifier(tableOf(location));
      const select = `SELECT body, trailer FROM ${table} ${thisRecord}`;
      const [row] = await directQuery<{ body: Buffer; trailer: Buffer }>(url, select, [Buffer.from(id)]);
      if (row === undefined) throw new Error("The record does not exist.");
      const bytes = change(Buffer.concat([row.body, row.trailer]));
      const bodyLength = Math.max(0, bytes.length - row.trailer.length);
      const values = [Buffer.from(id), bytes.subarray(0, bodyLength), bytes.subarray(bodyLength)];
      await directQuery(url, `UPDATE ${table} SET body = $2, trailer = $3 ${thisRecord}`, values);
    },

    async entries(location) {
      const select = `SELECT namespace, id FROM ${escapeIdentifier(tableOf(location))}`;
      const rows = await directQuery<{ namespace: Buffer; id: Buffer }>(url, select);
      return rows.map(({ namespace, id }) => `${String(namespace)} ${String(id)}`);
    },

    durability: {
      // Without synchronous_commit, which each statement of the store sets for itself.
      async settings() {
        const select = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')";
        const rows = await directQuery<{ name: string; setting: string }>(url, select);
        return rows.map(({ name, setting }) => ({ name, accepted: ["on"], actual: setting }));
      },
    },

    childProcess: { module: import.meta.url, parameters: { url } },
    ...(backend === undefined ? {} : { backend }),
  };
}

/** Runs a statement on a separate connection, which bypasses the store. */
export async function directQuery<Row extends QueryResultRow>(
  connectionString: string,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

export function tableOf(location: string): string {
  return `conformance_${location}`;
}

export const connectionString: string = process.env["DATABASE_URL"] ?? "postgres://localhost/postgres";

/** The harness for the command line. */
export const harness: Harness = postgresHarness(connectionString);

/** Opens a location in a child process of the suite. */
export const openStore: ChildProcessModule["openStore"] = (location, parameters) => {
  const { url } = parameters as { url: string };
  return postgresHarness(url).open(location);
};
