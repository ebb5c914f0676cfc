import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { Client, type PoolConfig } from "pg";
import { afterEach, beforeEach } from "vitest";
import { directQuery } from "./harness.ts";
import { postgresStore } from "./postgres-store.ts";

export function freshTable(): string {
  return `test_${randomBytes(6).toString("hex")}`;
}

export interface TestStores {
  /** The table of the current test. */
  readonly table: string;
  /** Opens a store on the table. It is closed after the test. */
  open(connection?: PoolConfig, options?: StoreOptions): ThreadStore;
}

/** Gives each test of the suite a table, and closes its stores. */
export function useStores(url: string): TestStores {
  let table = "";
  const stores: ThreadStore[] = [];
  beforeEach(() => {
    table = freshTable();
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
      const store = postgresStore({
        ...options,
        connection: { connectionString: url, ...connection },
        table,
      });
      stores.push(store);
      return store;
    },
  };
}

/** Returns the connection string with some of its parts replaced. */
export function altered(
  connectionString: string,
  parts: Partial<Pick<URL, "username" | "password" | "host" | "pathname">>,
): string {
  return Object.assign(new URL(connectionString), parts).href;
}

/** Starts a transaction that locks every row of a table until it is ended. */
export async function lock(connectionString: string, table: string): Promise<{ end: () => Promise<void> }> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(`BEGIN; SELECT FROM ${table} FOR UPDATE`);
  return { end: () => client.end() };
}

/** Resolves with the process id of a statement that waits for such a lock, if there is one. */
export async function waitingProcess(connectionString: string, table: string): Promise<number | undefined> {
  const rows = await directQuery<{ pid: number }>(
    connectionString,
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'",
    [table],
  );
  return rows[0]?.pid;
}

export interface LossyProxy {
  /** `host:port` */
  readonly host: string;
  /** Drops the connection instead of the response to the next statement that contains the text. */
  loseResponseTo(text: string): void;
  /** How many responses were lost. */
  readonly lost: number;
  /** Counts the statements sent so far that contain the text. */
  count(text: string): number;
  close(): Promise<void>;
}

/** Starts a proxy that can lose responses. The proxy of the conformance suite does not support PostgreSQL's protocol. */
export async function lossyProxy(connectionString: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(connectionString);
  const sockets = new Set<Socket>();
  let sent = "";
  let textToLose: string | undefined;
  let lost = 0;

  const forward = (client: Socket): void => {
    const target = connect(Number(port), hostname);
    let losing = false;
    endTogether(client, target);
    sockets.add(client);
    client.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      sent += text;
      if (textToLose !== undefined && text.includes(textToLose)) {
        textToLose = undefined;
        losing = true;
      }
      target.write(bytes);
    });
    target.on("data", (bytes) => {
      if (!losing) client.write(bytes);
      else if (!client.destroyed) {
        lost += 1;
        client.resetAndDestroy();
      }
    });
  };

  const server = createServer(forward).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseResponseTo: (text) => (textToLose = text),
    get lost() {
      return lost;
    },
    count: (text) => sent.split(text).length - 1,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function endTogether(one: Socket, other: Socket): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) socket.on("error", end).on("close", end);
}
