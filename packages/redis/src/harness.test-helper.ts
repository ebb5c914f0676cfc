import type { Harness, ChildProcessHarness } from "@threadstore/conformance";
import type { JsonValue } from "@threadstore/core";
import { type Cluster, Redis } from "ioredis";
import type { ChildConnection } from "./conformance-child.test-helper.ts";
import { redisStore } from "./redis-store.ts";
import { deleteAll, keysOf, recordKey } from "./redis.test-helper.ts";
import { VERSION_LENGTH } from "./scripts.ts";

export type Client = Redis | Cluster;

/** A harness whose stores connect by URL. Each place is a prefix. */
export function urlHarness(name: string, url: string): Harness {
  const { hostname, port } = new URL(url);
  return {
    ...directAccess(() => new Redis(url)),
    name,
    childProcess: childWith(() => ({ to: "server", url })),
    open: async (place, options) => redisStore({ ...options, url, prefix: prefixOf(place) }),
    missing: async () => redisStore({ url: `${url.replace(/\/\d*$/u, "")}/999` }),
    network: {
      endpoint: { host: hostname, port: Number(port) },
      open: async (place, endpoint, options) =>
        redisStore({ ...options, url: `redis://${endpoint.host}:${endpoint.port}`, prefix: prefixOf(place) }),
    },
  };
}

/** A harness that passes each store a client. */
export function clientHarness(
  name: string,
  connect: () => Client,
  connectAsAdmin: () => Client = connect,
): Harness & DirectAccess {
  const clients = new Map<string, Client[]>();
  const direct = directAccess(connectAsAdmin);
  return {
    ...direct,
    name,

    async open(place, options) {
      const client = connect();
      clients.set(place, [...(clients.get(place) ?? []), client]);
      return redisStore({ ...options, client, prefix: prefixOf(place) });
    },

    async destroy(place) {
      for (const client of clients.get(place) ?? []) client.disconnect();
      clients.delete(place);
      await direct.destroy(place);
    },
  };
}

type DirectAccess = Pick<Harness, "destroy" | "rewrite" | "entries"> & Required<Pick<Harness, "durability">>;

function directAccess(connect: () => Client): DirectAccess {
  const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = connect();
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  };
  return {
    destroy: (place) => withClient((client) => deleteAll(client, prefixOf(place))),

    rewrite: (place, id, change) =>
      withClient(async (client) => {
        const key = recordKey(prefixOf(place), id);
        const stored = await client.getBuffer(key);
        if (stored === null) throw new Error("The record does not exist.");
        // A stored record begins with its version.
        await client.set(
          key,
          Buffer.concat([stored.subarray(0, VERSION_LENGTH), change(stored.subarray(VERSION_LENGTH))]),
        );
      }),

    entries: (place) => withClient(async (client) => (await keysOf(client, prefixOf(place))).map(String)),

    durability: {
      settings: () =>
        withClient(async (client) => [
          { name: "appendonly", accepted: ["yes"], actual: await settingOf(client, "appendonly") },
          { name: "appendfsync", accepted: ["always"], actual: await settingOf(client, "appendfsync") },
        ]),
    },
  };
}

/** Reads a setting from every master. */
async function settingOf(client: Client, name: string): Promise<string> {
  await client.ping();
  const masters = client instanceof Redis ? [client] : client.nodes("master");
  const values = await Promise.all(masters.map((node) => node.config("GET", name)));
  return [...new Set(values.map((value) => String(value[1])))].join(" and ");
}

/** The module with which child processes open a place. */
export function childWith(connection: () => ChildConnection): ChildProcessHarness {
  return {
    module: new URL("./conformance-child.test-helper.ts", import.meta.url),
    get parameters() {
      return connection() as unknown as JsonValue;
    },
  };
}

export function prefixOf(place: string): string {
  return `conformance-${place}`;
}
