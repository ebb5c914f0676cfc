import { randomBytes } from "node:crypto";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createConnection, type PoolOptions, type RowDataPacket } from "mysql2/promise";
import { afterEach, beforeEach } from "vitest";
import { directQuery } from "./harness.ts";
import { mariadbStore } from "./mariadb-store.ts";

export function freshName(): string {
  return `test_${randomBytes(6).toString("hex")}`;
}

export interface TestStores {
  /** The table of the current test. */
  readonly table: string;
  /** Opens a store on the table. It is closed after the test. */
  open(connection?: PoolOptions, options?: StoreOptions): ThreadStore;
}

/** Gives each test of the suite a table, and closes its stores. */
export function useStores(url: string): TestStores {
  let table = "";
  const stores: ThreadStore[] = [];
  beforeEach(() => {
    table = freshName();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await directQuery(url, `DROP TABLE IF EXISTS ${table}`);
  });
  return {
    get table() {
      return table;
    },
    open: (connection = {}, options = {}) => {
      const store = mariadbStore({ ...options, connection: { uri: url, ...connection }, table });
      stores.push(store);
      return store;
    },
  };
}

/** Returns the connection string with some of its parts replaced. */
export function altered(
  url: string,
  parts: Partial<Pick<URL, "username" | "password" | "host" | "pathname">>,
): string {
  return Object.assign(new URL(url), parts).href;
}

/** Starts a transaction that locks every row of a table until it is ended. */
export async function lock(uri: string, table: string): Promise<{ end: () => Promise<void> }> {
  const connection = await createConnection({ uri });
  await connection.beginTransaction();
  await connection.query(`SELECT id FROM ${table} FOR UPDATE`);
  return {
    end: async () => connection.destroy(),
  };
}

/** Resolves with the id of a connection that waits for such a lock, if there is one. */
export async function waitingConnection(url: string, table: string): Promise<number | undefined> {
  const rows = await directQuery<(RowDataPacket & { id: number })[]>(
    url,
    `SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx
     WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE CONCAT('%', ?, '%')`,
    [table],
  );
  return rows[0]?.id;
}
