import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Endpoint, Harness } from "../../../src/suite/harness.ts";
import { type ConnectionBug, RespConnection } from "./resp-connection.ts";
import { type Connections, goodSteps, HEADER_LENGTH, respDriver, type RespSteps } from "./resp-driver.ts";
import { startRespServer } from "./resp-server.ts";

/** The parts of the correct store that a broken store replaces. */
export interface RespBug {
  readonly connection?: ConnectionBug;
  readonly steps?: Partial<RespSteps>;
}

// All harnesses share one server, because locations are isolated from each other.
const endpoint = await startRespServer();

/** Returns a harness for stores on a server that speaks RESP. */
export function respHarness(
  name: string,
  { connection: connectionBug = {}, steps = {} }: RespBug = {},
): Harness {
  const allSteps = { ...goodSteps, ...steps };

  async function openAt(
    location: string,
    address: Endpoint,
    options: StoreOptions = {},
  ): Promise<ThreadStore> {
    const connections = connectionsTo(address, connectionBug);
    return createThreadStore(respDriver(location, connections, allSteps), options);
  }

  return {
    name,
    network: { endpoint, open: openAt, rewritesRecords: true },
    open: (location, options) => openAt(location, endpoint, options),
    destroy: (location) =>
      withConnection(async (connection) => {
        const keys = await keysOf(connection, location);
        if (keys.length > 0) await connection.send(["DEL", ...keys]);
      }),
    rewrite: (location, id, change) =>
      withConnection(async (connection) => {
        const key = `${location}:${allSteps.nameOf({ namespace: "", id })}`;
        const value = (await connection.send(["GET", key])) as Buffer;
        const header = value.subarray(0, HEADER_LENGTH);
        await connection.send(["SET", key, Buffer.concat([header, change(value.subarray(HEADER_LENGTH))])]);
      }),
    entries: (location) => withConnection((connection) => keysOf(connection, location)),
  };
}

function connectionsTo(address: Endpoint, bug: ConnectionBug): Connections {
  const transactions = new RespConnection(address, bug);
  let last: Promise<unknown> = Promise.resolve();
  return {
    shared: new RespConnection(address, bug),
    transactions,
    exclusively(operation, signal) {
      const result = last.then(async () => {
        signal.throwIfAborted();
        try {
          return await operation();
        } catch (error) {
          // It is unknown which keys the connection watches and which commands it has queued.
          transactions.drop();
          throw error;
        }
      });
      last = result.catch(() => undefined);
      return untilAborted(result, signal);
    },
  };
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function keysOf(connection: RespConnection, location: string): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const page = await connection.send(["SCAN", cursor, "MATCH", `${location}:*`, "COUNT", "1000"]);
    const [next, pageKeys] = page as [Buffer, Buffer[]];
    for (const key of pageKeys) keys.add(key.toString("latin1"));
    cursor = next.toString();
  } while (cursor !== "0");
  return [...keys];
}

async function withConnection<T>(operation: (connection: RespConnection) => Promise<T>): Promise<T> {
  const connection = new RespConnection(endpoint);
  try {
    return await operation(connection);
  } finally {
    connection.drop();
  }
}
