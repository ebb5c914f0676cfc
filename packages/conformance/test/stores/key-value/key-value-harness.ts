import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import type { Endpoint, Harness, Peer } from "../../../src/suite/harness.ts";
import { KeyValueClient } from "./key-value-client.ts";
import { keyValueDriver, pathOf } from "./key-value-driver.ts";
import { MISSING_PLACE, startKeyValueServer } from "./key-value-server.ts";

/** What a broken store makes of the good one; each part is optional. */
export interface NetworkBug {
  /** The driver that has the bug, made of the good one. */
  readonly driver?: (inner: ThreadDriver, client: KeyValueClient, place: string) => ThreadDriver;
  /** The store that has the bug, made of the good one. */
  readonly store?: (inner: ThreadStore, options: StoreOptions) => ThreadStore;
  readonly options?: StoreOptions;
  readonly takesHalfAnswers?: boolean;
  /** What it does when it is opened. */
  readonly atOpening?: (client: KeyValueClient) => Promise<unknown>;
}

// One server for all harnesses: places share nothing.
const endpoint = await startKeyValueServer();

/** A harness of stores that keep their threads on a server, through which the faults of a network can come. */
export function keyValueHarness(name: string, bug: NetworkBug = {}): Harness {
  const { takesHalfAnswers = false, driver = (inner) => inner, store = (inner) => inner } = bug;

  async function openAt(place: string, at: Endpoint, options: StoreOptions = {}): Promise<ThreadStore> {
    const client = new KeyValueClient(at, { takesHalfAnswers });
    await bug.atOpening?.(client);
    const made = driver(keyValueDriver(client, place), client, place);
    return store(createThreadStore(made, { ...options, ...bug.options }), options);
  }

  return {
    name,
    network: { endpoint, open: openAt },
    peer: keyValuePeer(false),
    missing: () => openAt(MISSING_PLACE, endpoint),
    open: (place, options) => openAt(place, endpoint, options),
    destroy: (place) => withClient((client) => client.send("DELETE", `/${place}`)),
    rewrite: (place, id, change) =>
      withClient(async (client) => {
        const path = pathOf(place, { namespace: "", id });
        const { body } = await client.send("GET", path);
        return client.send("PUT", path, { body: change(body) });
      }),
    async entries(place) {
      let names: string[] = [];
      await withClient(async (client) => {
        const { body } = await client.send("GET", `/${place}`);
        names = JSON.parse(body.toString()) as string[];
      });
      return names;
    },
  };
}

/** Stores on the server in other processes. */
export function keyValuePeer(isBroken: boolean, stays = false): Peer {
  const parameters = { endpoint: { host: endpoint.host, port: endpoint.port }, isBroken, stays };
  return { module: new URL("./key-value-child.ts", import.meta.url), parameters };
}

async function withClient(work: (client: KeyValueClient) => Promise<unknown>): Promise<void> {
  const client = new KeyValueClient(endpoint);
  try {
    await work(client);
  } finally {
    client.close();
  }
}
