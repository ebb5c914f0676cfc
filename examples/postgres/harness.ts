// What the conformance suite needs to know of the store. On the command line, with DATABASE_URL set:
// npx threadstore-conformance ./harness.ts
import type { Backend, Harness, PeerModule } from "@threadstore/conformance";
import { Client, escapeIdentifier, type QueryResultRow } from "pg";
import { postgresStore } from "./postgres-store.ts";

/** Each place is a table. A server that is the harness's own can be told to crash. */
export function postgresHarness(url: string, backend?: Backend): Harness {
  const own = "WHERE namespace = '' AND id = $1";
  return {
    name: "postgres",

    async open(place, options) {
      return postgresStore({ ...options, connection: { connectionString: url }, table: tableOf(place) });
    },

    async destroy(place) {
      await rowsOf(url, `DROP TABLE IF EXISTS ${escapeIdentifier(tableOf(place))}`);
    },

    async rewrite(place, id, change) {
      const table = escapeIdentifier(tableOf(place));
      const found = `SELECT body, trailer FROM ${table} ${own}`;
      const [row] = await rowsOf<{ body: Buffer; trailer: Buffer }>(url, found, [Buffer.from(id)]);
      if (row === undefined) throw new Error("No such record.");
      const record = change(Buffer.concat([row.body, row.trailer]));
      const split = Math.max(0, record.length - row.trailer.length);
      const values = [Buffer.from(id), record.subarray(0, split), record.subarray(split)];
      await rowsOf(url, `UPDATE ${table} SET body = $2, trailer = $3 ${own}`, values);
    },

    async entries(place) {
      const names = `SELECT namespace, id FROM ${escapeIdentifier(tableOf(place))}`;
      const rows = await rowsOf<{ namespace: Buffer; id: Buffer }>(url, names);
      return rows.map(({ namespace, id }) => `${String(namespace)} ${String(id)}`);
    },

    durability: {
      // Not synchronous_commit: each statement of the store sets that for itself.
      async settings() {
        const settings = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')";
        const rows = await rowsOf<{ name: string; setting: string }>(url, settings);
        return rows.map(({ name, setting }) => ({ name, promised: ["on"], found: setting }));
      },
    },

    peer: { module: import.meta.url, parameters: { url } },
    ...(backend === undefined ? {} : { backend }),
  };
}

/** What a statement answers, on a connection of its own: behind the store's back. */
export async function rowsOf<Row extends QueryResultRow>(
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

export function tableOf(place: string): string {
  return `conformance_${place}`;
}

export const connectionString: string = process.env["DATABASE_URL"] ?? "postgres://localhost/postgres";

/** For the command line. */
export const harness: Harness = postgresHarness(connectionString);

/** For the processes that the suite starts. */
export const openPeer: PeerModule["openPeer"] = (place, parameters) => {
  const { url } = parameters as { url: string };
  return postgresHarness(url).open(place);
};
