import { randomBytes } from "node:crypto";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { type Connection, createConnection, type PoolOptions, type RowDataPacket } from "mysql2/promise";
import { afterEach, beforeEach, vi } from "vitest";
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
  /** Starts a transaction that locks every row of the table until it is ended, at the latest after the test. */
  lock(): Promise<{ end: () => void }>;
}

/** Gives each test of the suite a table, and closes its stores. */
export function useStores(url: string): TestStores {
  let table = "";
  const stores: ThreadStore[] = [];
  const locks: Connection[] = [];
  beforeEach(() => {
    table = freshName();
  });
  afterEach(async () => {
    // First the locks: a table that is locked cannot be dropped.
    for (const connection of locks.splice(0)) connection.destroy();
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
    lock: async () => {
      const connection = await createConnection({ uri: url });
      locks.push(connection);
      await connection.beginTransaction();
      await connection.query(`SELECT id FROM ${table} FOR UPDATE`);
      return { end: () => connection.destroy() };
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

/**
 * Waits until the server runs an UPDATE of the table, and resolves with the id of its connection. If the rows are
 * locked, the statement cannot end. (`information_schema.innodb_trx` would name the lock, but the server refreshes it
 * only if it was not read for 100 ms, so readers that poll can see the same old state for ever.)
 */
export async function waitingConnection(url: string, table: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const rows = await directQuery<(RowDataPacket & { id: number })[]>(
        url,
        `SELECT id FROM information_schema.processlist
         WHERE info LIKE CONCAT('%UPDATE%', ?, '%') AND id <> CONNECTION_ID()`,
        [table],
      );
      if (rows[0] === undefined) throw new Error(`The server runs no UPDATE of ${table}.`);
      return rows[0].id;
    },
    { timeout: 60_000 },
  );
}
