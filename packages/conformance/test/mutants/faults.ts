import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { DriverError, type ThreadDriver } from "@threadstore/core/driver";
import { pathOf } from "../stores/key-value/key-value-driver.ts";
import type { NetworkBug } from "../stores/key-value/key-value-harness.ts";
import { type Mutant, wrapStore } from "./mutant.ts";
import { driverMutant, networkMutant, replacingErrors } from "./network-mutant.ts";

function throughStore(change: (inner: ThreadStore) => Partial<ThreadStore>): NetworkBug {
  return { store: (inner, options) => wrapStore(inner, { data: new Map(), options }, change) };
}

/** A store whose calls have changed options. */
function withOptions(
  inner: ThreadStore,
  change: <O extends object>(options: O | undefined) => O,
): Partial<ThreadStore> {
  return {
    save: (id, thread, options) => inner.save(id, thread, change(options)),
    load: (id, options) => inner.load(id, change(options)),
    delete: (id, options) => inner.delete(id, change(options)),
    listPage: (options) => inner.listPage(change(options)),
    deleteExpired: (options) => inner.deleteExpired(change(options)),
    namespaces: (options) => inner.namespaces(change(options)),
    erase: (options) => inner.erase(change(options)),
  };
}

export const connectionMutants: readonly Mutant[] = [
  networkMutant("partial response", "treats part of a cut response as the whole response", ["F5-1"], () => ({
    acceptsTruncatedBodies: true,
  })),
  networkMutant("no retries", "does not retry transient failures", ["F5-1"], () => ({
    options: { maxRetries: 0 },
  })),
  driverMutant(
    "dropped connections",
    "fails if a connection was dropped since the last call",
    ["F5-2"],
    (inner, client) => {
      let lostBefore = 0;
      const read: ThreadDriver["read"] = (...parameters) => {
        if (client.connectionsLost === lostBefore) return inner.read(...parameters);
        lostBefore = client.connectionsLost;
        return Promise.reject(new Error("The connection was dropped."));
      };
      return { ...inner, read };
    },
  ),
  driverMutant(
    "read, then write",
    "compares versions itself before writing",
    ["C4-8"],
    (inner, client, location) => ({
      ...inner,
      async write(key, { bytes }, expected, options) {
        const current = await inner.read(key, undefined, options);
        if (current?.version !== expected) return undefined;
        return (await client.send("PUT", pathOf(location, key), { body: bytes })).etag;
      },
    }),
  ),
  driverMutant("leaked connections", "leaves its connections open when it is closed", ["F3-7"], (inner) => ({
    ...inner,
    close: () => Promise.resolve(),
  })),
  driverMutant("leaked requests", "leaves requests in flight when it is closed", ["F3-8"], (inner) => {
    const signal = new AbortController().signal;
    return {
      ...inner,
      read: (key, cachedVersion) => inner.read(key, cachedVersion, { signal }),
      close: () => Promise.resolve(),
    };
  }),
];

/** Gives up a request after a while, and claims that it had no effect. */
async function impatiently<T>(signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const patience = AbortSignal.timeout(400);
  try {
    return await send(AbortSignal.any([signal, patience]));
  } catch (error) {
    if (!patience.aborted || signal.aborted) throw error;
    throw new DriverError("UNAVAILABLE", "The server does not respond.", { effect: "none", cause: error });
  }
}

export const outageMutants: readonly Mutant[] = [
  driverMutant(
    "late means not applied",
    "gives up a change after 400 ms and reports that it had no effect",
    ["C6-12"],
    (inner) => ({
      ...inner,
      write: (key, record, expected, options) =>
        impatiently(options.signal, (signal) => inner.write(key, record, expected, { ...options, signal })),
      patch: (key, patch, expected, options) =>
        impatiently(options.signal, (signal) => inner.patch(key, patch, expected, { ...options, signal })),
    }),
  ),
  driverMutant("deaf to aborts", "does not end its requests when a call is aborted", ["F6-7"], (inner) => ({
    ...inner,
    read: (key, cachedVersion, options) =>
      inner.read(key, cachedVersion, { ...options, signal: new AbortController().signal }),
  })),
  networkMutant("no time limit", "continues after its deadline", ["F4-1"], () =>
    throughStore((inner) => withOptions(inner, (options) => ({ ...options, timeoutMs: 6_000 }) as never)),
  ),
  networkMutant(
    "timeout means no effect",
    "reports UNAVAILABLE for a write without a response in time",
    ["F4-2"],
    () =>
      throughStore((inner) => ({
        save: async (...parameters) => {
          try {
            return await inner.save(...parameters);
          } catch (error) {
            if (!ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) throw error;
            throw new ThreadStoreError("UNAVAILABLE", "The response did not arrive in time.");
          }
        },
      })),
  ),
  networkMutant(
    "late check of the signal",
    "checks the signal only when a response arrives or the deadline passes",
    ["F2-6"],
    () =>
      throughStore((inner) => ({
        load: async (id, { signal, ...options } = {}) => {
          try {
            return await inner.load(id, { ...options, timeoutMs: 3500 });
          } catch (error) {
            signal?.throwIfAborted();
            throw error;
          }
        },
      })),
  ),
  networkMutant("eager connection", "connects when it is opened", ["E1-3"], () => ({
    onOpen: (client) => client.send("GET", "/greeting"),
  })),
  networkMutant("warning on outage", "emits a warning when its server is down", ["E1-3"], () => {
    let hasWarned = false;
    return {
      driver: (inner) =>
        replacingErrors(inner, (error) => {
          if (!hasWarned) process.emitWarning("The server is down.", "StoreWarning");
          hasWarned = true;
          return error;
        }),
    };
  }),
  driverMutant("outage means missing", "treats an outage as a missing thread", ["E1-4", "E1-3"], (inner) => ({
    ...inner,
    read: (...parameters) => inner.read(...parameters).catch(() => undefined),
  })),
  driverMutant("outage means empty", "treats an outage as an empty listing", ["E1-4"], (inner) => ({
    ...inner,
    list: (...parameters) => inner.list(...parameters).catch(() => ({ records: [], next: undefined })),
  })),
];
