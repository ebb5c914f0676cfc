import { type Cluster, Redis } from "ioredis";
import { type Connection, connectionOf } from "./connection.ts";
import type { ReplicaOptions } from "./replicas.ts";

interface CommonOptions {
  /**
   * What every key begins with, followed by a colon. Stores with different prefixes share nothing.
   * @default "threadstore"
   */
  readonly prefix?: string | undefined;
  /**
   * Waits (`WAIT`) until so many replicas have each save and delete. Not with a Cluster. A save whose answer was lost
   * and that is then found in place is confirmed without.
   * @default none: a save is confirmed when the master has it
   */
  readonly replicas?: ReplicaOptions | undefined;
}

/** The store connects by itself to one server, when first used, and closes the connection. */
export interface RedisUrlOptions extends CommonOptions {
  /** As `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string;
  readonly client?: undefined;
}

/**
 * The store uses a client of ioredis 6, for Sentinel, Cluster, TLS options and whatever else ioredis can, and never
 * closes it. Its `keyPrefix` is not used.
 */
export interface RedisClientOptions extends CommonOptions {
  readonly client: Redis | Cluster;
  readonly url?: undefined;
}

export type RedisDriverOptions = RedisUrlOptions | RedisClientOptions;

/** Checks the options, without I/O. */
export function openClient({ url, client }: RedisDriverOptions): {
  connection: Connection;
  close: () => Promise<void>;
} {
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError("Redis needs one of `url` and `client`, and not both.");
  }
  if (client !== undefined) {
    refuseUnusable(client);
    return { connection: connectionOf(client), close: () => Promise.resolve() };
  }
  const own = clientFor(url);
  return { connection: connectionOf(own), close: () => closeClient(own) };
}

function refuseUnusable(client: Redis | Cluster): void {
  if (typeof client?.sendCommand !== "function" || typeof client.options !== "object") {
    throw new TypeError("`client` must be a Redis or a Cluster of ioredis.");
  }
  const { options } = client;
  const replicas =
    ("scaleReads" in options && options.scaleReads !== "master") ||
    ("role" in options && options.role === "slave") ||
    ("readOnly" in options && options.readOnly === true);
  if (replicas) {
    throw new TypeError(
      "`client` reads from replicas, which may not have a confirmed save yet. Give the store one that reads from " +
        'masters: without `scaleReads`, `role: "slave"` and `readOnly`.',
    );
  }
}

function clientFor(url: string): Redis {
  // Parsed here, because the message of ioredis could hold the password.
  if (typeof url !== "string" || !/^rediss?:\/\//u.test(url) || !URL.canParse(url)) {
    throw new TypeError("`url` must begin with redis:// or rediss:// and be a valid URL.");
  }
  const client = new Redis(url, {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    // What waits for a connection fails when an attempt to connect does; core tries again.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** (attempt - 1), 1000),
    // A master that became a replica keeps the connection; the address may lead to the new master by now.
    reconnectOnError: ({ message }) => message.startsWith("READONLY "),
    // A connection that has gone silent is given up, so that the next call does not wait on it too.
    socketTimeout: 10_000,
  });
  // What keeps it from connecting reaches whoever calls.
  client.on("error", () => undefined);
  return client;
}

async function closeClient(client: Redis): Promise<void> {
  // Between two attempts to connect there is nothing to end, and ioredis does not tell of an end.
  const ended = client.status === "reconnecting" ? undefined : once(client, "end");
  client.disconnect();
  await ended;
}

function once(client: Redis, event: string): Promise<void> {
  // Not that of node:events, which would reject with an error that comes before.
  return new Promise((resolve) => {
    client.once(event, () => resolve());
  });
}
