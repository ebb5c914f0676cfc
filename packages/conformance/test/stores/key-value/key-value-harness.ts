import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type AsyncThreadDriver, type ThreadDriver } from "@threadstore/core/driver";
import type { Endpoint, Harness, ChildProcessHarness } from "../../../src/suite/harness.ts";
import type { ChildBug } from "./key-value-child.ts";
import { KeyValueClient } from "./key-value-client.ts";
import { keyValueDriver, pathOf } from "./key-value-driver.ts";
import { MISSING_LOCATION, startKeyValueServer } from "./key-value-server.ts";

/** The parts of the correct store that a broken store replaces. */
export interface NetworkBug {
  /** What the harness says about appends. */
  readonly rewritesRecords?: boolean;
  /** Returns a driver with the bug, based on the correct one. */
  readonly driver?: (inner: AsyncThreadDriver, client: KeyValueClient, location: string) => ThreadDriver;
  /** Returns a store with the bug, based on the correct one. */
  readonly store?: (inner: ThreadStore, options: StoreOptions) => ThreadStore;
  readonly options?: StoreOptions;
  readonly acceptsTruncatedBodies?: boolean;
  /** Runs when a store is opened. */
  readonly onOpen?: (client: KeyValueClient) => Promise<unknown>;
}

// All harnesses share one server, because locations are isolated from each other.
const endpoint = await startKeyValueServer();

/** Returns a harness for stores on an HTTP server. It supports network faults and child processes. */
export function keyValueHarness(name: string, bug: NetworkBug = {}): Harness {
  const {
    acceptsTruncatedBodies = false,
    driver = (inner) => inner,
    store = (inner) => inner,
    rewritesRecords = true,
  } = bug;

  async function openAt(
    location: string,
    address: Endpoint,
    options: StoreOptions = {},
  ): Promise<ThreadStore> {
    const client = new KeyValueClient(address, { acceptsTruncatedBodies });
    await bug.onOpen?.(client);
    const brokenDriver = driver(keyValueDriver(client, location), client, location);
    return store(createThreadStore(brokenDriver, { ...options, ...bug.options }), options);
  }

  return {
    name,
    network: { endpoint, open: openAt, rewritesRecords },
    childProcess: keyValueChildProcess(),
    missing: () => openAt(MISSING_LOCATION, endpoint),
    open: (location, options) => openAt(location, endpoint, options),
    destroy: (location) => withClient((client) => client.send("DELETE", `/${location}`)),
    rewrite: (location, id, change) =>
      withClient(async (client) => {
        const path = pathOf(location, { namespace: "", id });
        const { body } = await client.send("GET", path);
        return client.send("PUT", path, { body: change(body) });
      }),
    async entries(location) {
      let names: string[] = [];
      await withClient(async (client) => {
        const { body } = await client.send("GET", `/${location}`);
        names = JSON.parse(body.toString()) as string[];
      });
      return names;
    },
  };
}

/** Returns the module and parameters with which child processes open stores on the server. */
export function keyValueChildProcess(bug: ChildBug = "none", keepsProcessAlive = false): ChildProcessHarness {
  const parameters = { endpoint: { host: endpoint.host, port: endpoint.port }, bug, keepsProcessAlive };
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
