import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Client } from "pg";
import { rowsOf } from "./harness.ts";

export function freshTable(): string {
  return `test_${randomBytes(6).toString("hex")}`;
}

/** The connection string with some of its parts replaced. */
export function altered(
  connectionString: string,
  parts: Partial<Pick<URL, "username" | "password" | "host" | "pathname">>,
): string {
  return Object.assign(new URL(connectionString), parts).href;
}

/** A transaction that keeps every row of a table locked until it is ended. */
export async function lock(connectionString: string, table: string): Promise<{ end: () => Promise<void> }> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(`BEGIN; SELECT FROM ${table} FOR UPDATE`);
  return { end: () => client.end() };
}

/** A statement that waits for that lock, or none. */
export async function waiting(connectionString: string, table: string): Promise<number | undefined> {
  const rows = await rowsOf<{ pid: number }>(
    connectionString,
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'",
    [table],
  );
  return rows[0]?.pid;
}

export interface LossyProxy {
  /** `host:port` */
  readonly host: string;
  /** The answer to the next statement with this text is lost with its connection: the server has carried it out. */
  loseAnswerTo(text: string): void;
  /** How many answers were lost. */
  readonly lost: number;
  /** How many statements with the text have passed. */
  count(text: string): number;
  close(): Promise<void>;
}

/** The suite's own proxy does not know the protocol of PostgreSQL. */
export async function lossyProxy(connectionString: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(connectionString);
  const sockets = new Set<Socket>();
  let sent = "";
  let wanted: string | undefined;
  let lost = 0;

  const join = (client: Socket): void => {
    const target = connect(Number(port), hostname);
    let doomed = false;
    endTogether(client, target);
    sockets.add(client);
    client.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      sent += text;
      if (wanted !== undefined && text.includes(wanted)) {
        wanted = undefined;
        doomed = true;
      }
      target.write(bytes);
    });
    target.on("data", (bytes) => {
      if (!doomed) client.write(bytes);
      else if (!client.destroyed) {
        lost += 1;
        client.resetAndDestroy();
      }
    });
  };

  const server = createServer(join).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswerTo: (text) => (wanted = text),
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
