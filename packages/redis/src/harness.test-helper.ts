import type { Harness, Peer } from "@threadstore/conformance";
import type { JsonValue } from "@threadstore/core";
import { type Cluster, Redis } from "ioredis";
import type { PeerConnection } from "./conformance-child.test-helper.ts";
import { redisStore } from "./redis-store.ts";
import { keysOf, recordKey, removeAll } from "./tools.test-helper.ts";

export type Client = Redis | Cluster;

/** Stores with connections of their own. Each place is a prefix. */
export function urlHarness(name: string, url: string): Harness {
  const { hostname, port } = new URL(url);
  return {
    ...behindTheStore(() => new Redis(url)),
    name,
    peer: peerWith(() => ({ to: "server", url })),
    open: async (place, options) => redisStore({ ...options, url, prefix: prefixOf(place) }),
    missing: async () => redisStore({ url: `${url.replace(/\/\d*$/u, "")}/999` }),
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
): Harness & Behind {
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

type Behind = Pick<Harness, "destroy" | "rewrite" | "entries"> & Required<Pick<Harness, "durability">>;

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

    durability: {
      settings: () =>
        withClient(async (client) => [
          { name: "appendonly", promised: ["yes"], found: await settingOf(client, "appendonly") },
          { name: "appendfsync", promised: ["always"], found: await settingOf(client, "appendfsync") },
        ]),
    },
  };
}

/** Of every master. */
async function settingOf(client: Client, name: string): Promise<string> {
  await client.ping();
  const masters = client instanceof Redis ? [client] : client.nodes("master");
  const values = await Promise.all(masters.map((node) => node.config("GET", name)));
  return [...new Set(values.map((value) => String(value[1])))].join(" and ");
}

/** The stores of other processes. */
export function peerWith(connection: () => PeerConnection): Peer {
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
