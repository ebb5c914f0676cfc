// What the conformance suite needs to know of the store. On the command line, with DATABASE_URL set:
// npx threadstore-conformance ./harness.ts
import type { Harness, PeerModule } from "@threadstore/conformance";
import { Client, escapeIdentifier } from "pg";
import { postgresStore } from "./postgres-store.ts";

/** Each place is a table. */
export function postgresHarness(url: string): Harness {
  const behind = async (statement: string, values: unknown[] = []): Promise<Record<string, Buffer>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, Buffer>>(statement, values)).rows;
    } finally {
      await client.end();
    }
  };
  const own = "WHERE namespace = '' AND id = $1";
  return {
    name: "postgres",

    async open(place, options) {
      return postgresStore({ ...options, connection: { connectionString: url }, table: tableOf(place) });
    },

    async destroy(place) {
      await behind(`DROP TABLE IF EXISTS ${escapeIdentifier(tableOf(place))}`);
    },

    async rewrite(place, id, change) {
      const table = escapeIdentifier(tableOf(place));
      const [row] = await behind(`SELECT body, trailer FROM ${table} ${own}`, [Buffer.from(id)]);
      if (row === undefined) throw new Error("No such record.");
      const { body = Buffer.alloc(0), trailer = Buffer.alloc(0) } = row;
      const record = change(Buffer.concat([body, trailer]));
      const split = Math.max(0, record.length - trailer.length);
      const values = [Buffer.from(id), record.subarray(0, split), record.subarray(split)];
      await behind(`UPDATE ${table} SET body = $2, trailer = $3 ${own}`, values);
    },

    async entries(place) {
      const rows = await behind(`SELECT namespace, id FROM ${escapeIdentifier(tableOf(place))}`);
      return rows.map(({ namespace, id }) => `${String(namespace)} ${String(id)}`);
    },

    peer: { module: import.meta.url, parameters: { url } },
  };
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
