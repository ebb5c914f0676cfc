// Tells the conformance suite how to use the store. To run it from the command line, set DATABASE_URL and run:
// npx threadstore-conformance ./harness.ts
import type {
  Backend,
  ChildProcessModule,
  DurabilitySetting,
  Harness,
  Network,
} from "@threadstore/conformance";
import { createConnection, type QueryResult, type RowDataPacket } from "mysql2/promise";
import { mariadbStore } from "./mariadb-store.ts";
import { mysqlTurns } from "./mysql-turns.ts";

type Row<Column extends string, Value = Buffer> = RowDataPacket & Record<Column, Value>;

/** Each location is a table. With `backend`, the suite also crashes the server. */
export function mariadbHarness(url: string, backend?: Backend): Harness {
  const thisRecord = "WHERE namespace = '' AND id = ?";
  return {
    name: "mariadb",

    async open(location, options) {
      return mariadbStore({ ...options, connection: { uri: url }, table: tableOf(location) });
    },

    async destroy(location) {
      await directQuery(url, `DROP TABLE IF EXISTS \`${tableOf(location)}\``);
    },

    async rewrite(location, id, change) {
      const select = `SELECT body, tail FROM \`${tableOf(location)}\` ${thisRecord}`;
      const [row] = await directQuery<Row<"body" | "tail">[]>(url, select, [Buffer.from(id)]);
      if (row === undefined) throw new Error("The record does not exist.");
      const bytes = Buffer.from(change(Buffer.concat([row.body, row.tail])));
      const bodyLength = Math.max(0, bytes.length - row.tail.length);
      const update = `UPDATE \`${tableOf(location)}\` SET body = ?, tail = ?, size = ? ${thisRecord}`;
      const parts = [bytes.subarray(0, bodyLength), bytes.subarray(bodyLength)];
      await directQuery(url, update, [...parts, bytes.length, Buffer.from(id)]);
    },

    async entries(location) {
      const select = `SELECT namespace, id FROM \`${tableOf(location)}\``;
      const rows = await directQuery<Row<"namespace" | "id">[]>(url, select);
      return rows.map(({ namespace, id }) => `${String(namespace)} ${String(id)}`);
    },

    missing: async () => mariadbStore({ connection: { uri: new URL("/nowhere", url).href } }),
    network: networkOf(url),
    secrets: [new URL(url).password].filter((password) => password !== ""),
    // The server's default for `max_allowed_packet` is 16 MiB, of which a statement needs a part.
    maxThreadBytes: 16_000_000,

    durability: { settings: () => durabilitySettings(url) },
    childProcess: { module: import.meta.url, parameters: { url } },
    ...(backend === undefined ? {} : { backend }),
  };
}

async function durabilitySettings(url: string): Promise<DurabilitySetting[]> {
  const rows = await directQuery<Row<"Variable_name" | "Value", string>[]>(
    url,
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'innodb_doublewrite')",
  );
  return rows.map(({ Variable_name: name, Value: actual }) => ({ name, accepted: ["1", "ON"], actual }));
}

function networkOf(url: string): Network {
  const { hostname, port } = new URL(url);
  return {
    endpoint: { host: hostname, port: Number(port) },
    protocol: mysqlTurns,
    async open(location, { host, port: proxyPort }, options) {
      const uri = Object.assign(new URL(url), { host: `${host}:${proxyPort}` }).href;
      return mariadbStore({ ...options, connection: { uri }, table: tableOf(location) });
    },
  };
}

/** Runs a statement on a separate connection, which bypasses the store. */
export async function directQuery<Result extends QueryResult>(
  uri: string,
  sql: string,
  values: (string | number | Uint8Array)[] = [],
): Promise<Result> {
  const connection = await createConnection({ uri });
  try {
    const [result] = await connection.query<Result>(sql, values);
    return result;
  } finally {
    await connection.end();
  }
}

export function tableOf(location: string): string {
  return `conformance_${location}`;
}

export const databaseUrl: string = process.env["DATABASE_URL"] ?? "mysql://root@localhost/test";

/** The harness for the command line. */
export const harness: Harness = mariadbHarness(databaseUrl);

/** Opens a location in a child process of the suite. */
export const openStore: ChildProcessModule["openStore"] = (location, parameters) => {
  const { url } = parameters as { url: string };
  return mariadbHarness(url).open(location);
};
