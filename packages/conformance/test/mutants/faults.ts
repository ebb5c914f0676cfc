import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { ThreadDriver } from "@threadstore/core/driver";
import { pathOf } from "../stores/key-value/key-value-driver.ts";
import type { NetworkBug } from "../stores/key-value/key-value-harness.ts";
import { type Mutant, wrapped } from "./mutant.ts";
import { driverMutant, networkMutant, replacingErrors } from "./network-mutant.ts";

function throughStore(change: (inner: ThreadStore) => Partial<ThreadStore>): NetworkBug {
  return { store: (inner, options) => wrapped(inner, { data: new Map(), options }, change) };
}

/** A store whose calls have other options. */
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
  };
}

export const connectionMutants: readonly Mutant[] = [
  networkMutant("half an answer", "takes what came of a cut answer for all of it", ["F5-1"], () => ({
    acceptsTruncatedBodies: true,
  })),
  networkMutant("no retries", "does not try again what failed in passing", ["F5-1"], () => ({
    options: { maxRetries: 0 },
  })),
  driverMutant(
    "dropped connections",
    "fails when a connection was dropped since",
    ["F5-2"],
    (inner, client) => {
      let known = 0;
      const read: ThreadDriver["read"] = (...parameters) => {
        if (client.connectionsLost === known) return inner.read(...parameters);
        known = client.connectionsLost;
        return Promise.reject(new Error("The connection was dropped."));
      };
      return { ...inner, read };
    },
  ),
  driverMutant(
    "look, then write",
    "compares versions by itself before it writes",
    ["C4-8"],
    (inner, client, place) => ({
      ...inner,
      async write(key, { bytes }, expected, options) {
        const found = await inner.read(key, undefined, options);
        if (found?.version !== expected) return undefined;
        return (await client.send("PUT", pathOf(place, key), { body: bytes })).etag;
      },
    }),
  ),
  driverMutant("left connections", "leaves its connections when it is closed", ["F3-7"], (inner) => ({
    ...inner,
    close: () => Promise.resolve(),
  })),
  driverMutant("left requests", "leaves what is under way when it is closed", ["F3-8"], (inner) => {
    const signal = new AbortController().signal;
    return {
      ...inner,
      read: (key, known) => inner.read(key, known, { signal }),
      close: () => Promise.resolve(),
    };
  }),
];

export const outageMutants: readonly Mutant[] = [
  networkMutant("no time limit", "goes on after its time is up", ["F4-1"], () =>
    throughStore((inner) => withOptions(inner, (options) => ({ ...options, timeoutMs: 6_000 }) as never)),
  ),
  networkMutant(
    "silence is no effect",
    "says UNAVAILABLE of a change that has no answer in time",
    ["F4-2"],
    () =>
      throughStore((inner) => ({
        save: async (...parameters) => {
          try {
            return await inner.save(...parameters);
          } catch (error) {
            if (!ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) throw error;
            throw new ThreadStoreError("UNAVAILABLE", "No answer came in time.");
          }
        },
      })),
  ),
  networkMutant(
    "abort at the end",
    "looks at the signal only when an answer comes, or none in time",
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
  networkMutant("loud outage", "warns when its server is away", ["E1-3"], () => {
    let hasWarned = false;
    return {
      driver: (inner) =>
        replacingErrors(inner, (error) => {
          if (!hasWarned) process.emitWarning("The server is away.", "StoreWarning");
          hasWarned = true;
          return error;
        }),
    };
  }),
  driverMutant("an outage is nothing", "takes an outage for nothing there", ["E1-4", "E1-3"], (inner) => ({
    ...inner,
    read: (...parameters) => inner.read(...parameters).catch(() => undefined),
  })),
  driverMutant(
    "an outage is an empty listing",
    "takes an outage for an empty listing",
    ["E1-4"],
    (inner) => ({
      ...inner,
      list: (...parameters) => inner.list(...parameters).catch(() => ({ records: [], next: undefined })),
    }),
  ),
];
