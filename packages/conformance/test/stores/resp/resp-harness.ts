import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Endpoint, Harness } from "../../../src/suite/harness.ts";
import { type ConnectionBug, RespConnection } from "./resp-connection.ts";
import { type Connections, goodSteps, respDriver, type RespSteps } from "./resp-driver.ts";
import { startRespServer } from "./resp-server.ts";

/** What a broken store does otherwise than the good one. */
export interface RespBug {
  readonly connection?: ConnectionBug;
  readonly steps?: Partial<RespSteps>;
}

// One server for all harnesses: places share nothing.
const endpoint = await startRespServer();

/** A harness of stores that keep their threads on a server that speaks RESP. */
export function respHarness(name: string, { connection = {}, steps = {} }: RespBug = {}): Harness {
  const allSteps = { ...goodSteps, ...steps };

  async function openAt(place: string, at: Endpoint, options: StoreOptions = {}): Promise<ThreadStore> {
    const connections = connectionsTo(at, connection);
    return createThreadStore(respDriver(place, connections, allSteps), options);
  }

  return {
    name,
    network: { endpoint, open: openAt },
    open: (place, options) => openAt(place, endpoint, options),
    destroy: (place) =>
      withConnection(async (own) => {
        const keys = await keysOf(own, place);
        if (keys.length > 0) await own.send(["DEL", ...keys]);
      }),
    rewrite: (place, id, change) =>
      withConnection(async (own) => {
        const key = `${place}:${allSteps.nameOf({ namespace: "", id })}`;
        const value = (await own.send(["GET", key])) as Buffer;
        const version = value.subarray(0, 22);
        await own.send(["SET", key, Buffer.concat([version, change(value.subarray(22))])]);
      }),
    entries: (place) => withConnection((own) => keysOf(own, place)),
  };
}

function connectionsTo(at: Endpoint, bug: ConnectionBug): Connections {
  const transactions = new RespConnection(at, bug);
  let last: Promise<unknown> = Promise.resolve();
  return {
    shared: new RespConnection(at, bug),
    transactions,
    exclusively(work, signal) {
      const turn = last.then(async () => {
        signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          // Nobody knows what is watched and queued on it.
          transactions.drop();
          throw error;
        }
      });
      last = turn.catch(() => undefined);
      return untilAborted(turn, signal);
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

async function keysOf(own: RespConnection, place: string): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const page = await own.send(["SCAN", cursor, "MATCH", `${place}:*`, "COUNT", "1000"]);
    const [next, found] = page as [Buffer, Buffer[]];
    for (const key of found) keys.add(key.toString("latin1"));
    cursor = next.toString();
  } while (cursor !== "0");
  return [...keys];
}

async function withConnection<T>(work: (own: RespConnection) => Promise<T>): Promise<T> {
  const own = new RespConnection(endpoint);
  try {
    return await work(own);
  } finally {
    own.drop();
  }
}
