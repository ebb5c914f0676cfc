import type { Harness } from "@threadstore/conformance";
import { type Cluster, Redis } from "ioredis";
import { redisStore } from "./redis-store.ts";
import { keysOf, recordKey, removeAll } from "./tools.test.support.ts";

export type Client = Redis | Cluster;

/** Stores with connections of their own. Each place is a prefix. */
export function urlHarness(name: string, url: string): Harness {
  const { hostname, port } = new URL(url);
  return {
    ...behindTheStore(() => new Redis(url)),
    name,
    open: async (place, options) => redisStore({ ...options, url, prefix: prefixOf(place) }),
    network: {
      endpoint: { host: hostname, port: Number(port) },
      open: async (place, endpoint, options) =>
        redisStore({ ...options, url: `redis://${endpoint.host}:${endpoint.port}`, prefix: prefixOf(place) }),
    },
  };
}

/** Stores on clients that are given to them, one each. */
export function givenClientHarness(
  name: string,
  connect: () => Client,
  connectAsAdmin: () => Client = connect,
): Harness {
  const clients = new Map<string, Client[]>();
  const behind = behindTheStore(connectAsAdmin);
  return {
    ...behind,
    name,

    async open(place, options) {
      const client = connect();
      clients.set(place, [...(clients.get(place) ?? []), client]);
      return redisStore({ ...options, client, prefix: prefixOf(place) });
    },

    async destroy(place) {
      for (const client of clients.get(place) ?? []) client.disconnect();
      clients.delete(place);
      await behind.destroy(place);
    },
  };
}

type Behind = Pick<Harness, "destroy" | "rewrite" | "entries">;

function behindTheStore(connect: () => Client): Behind {
  const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = connect();
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  };
  return {
    destroy: (place) => withClient((client) => removeAll(client, prefixOf(place))),

    rewrite: (place, id, change) =>
      withClient(async (client) => {
        const key = recordKey(prefixOf(place), id);
        const stored = await client.getBuffer(key);
        if (stored === null) throw new Error("No such record.");
        // In front of the record is its version.
        await client.set(key, Buffer.concat([stored.subarray(0, 22), change(stored.subarray(22))]));
      }),

    entries: (place) => withClient(async (client) => (await keysOf(client, prefixOf(place))).map(String)),
  };
}

function prefixOf(place: string): string {
  return `conformance-${place}`;
}
