import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { StoredRecord, ThreadDriver } from "@threadstore/core/driver";
import { pathOf } from "../stores/key-value/key-value-driver.ts";
import { isConnectionLost } from "../stores/network-error.ts";
import { type Mutant, wrapStore } from "./mutant.ts";
import { driverMutant, networkMutant } from "./network-mutant.ts";

function isUnknown(error: unknown): boolean {
  return ThreadStoreError.is(error, "OUTCOME_UNKNOWN");
}

/** More than the bytes of all threads of most cases. */
const LONG_BYTES = 12_000;

/** Bugs that need a fault and particular calls before and after it. */
export const faultySequenceMutants: readonly Mutant[] = [
  driverMutant(
    "stale copy",
    "returns its own last save if the response to a load is lost",
    ["C6-10"],
    (inner, _client, location) => {
      const copies = new Map<string, StoredRecord>();
      const write: ThreadDriver["write"] = async (key, record, ...rest) => {
        const bytes = record.bytes.slice();
        const version = await inner.write(key, record, ...rest);
        if (version !== undefined) copies.set(pathOf(location, key), { version, bytes });
        return version;
      };
      const read: ThreadDriver["read"] = async (key, ...rest) => {
        try {
          return await inner.read(key, ...rest);
        } catch (error) {
          const copy = copies.get(pathOf(location, key));
          if (copy === undefined || !isConnectionLost(error)) throw error;
          return copy;
        }
      };
      return { ...inner, read, write };
    },
  ),
  driverMutant(
    "conflict with its aborted save",
    "reports a lost race for a save after one that was aborted",
    ["F2-7"],
    (inner, _client, location) => {
      const pending = new Set<string>();
      const write: ThreadDriver["write"] = async (key, record, expected, options) => {
        const path = pathOf(location, key);
        if (pending.delete(path)) return undefined;
        try {
          return await inner.write(key, record, expected, options);
        } catch (error) {
          if (options.signal.aborted) pending.add(path);
          throw error;
        }
      };
      return { ...inner, write };
    },
  ),
  driverMutant(
    "repeated delete",
    "repeats a delete without a response before it writes the same thread",
    ["C6-13"],
    (inner, client, location) => {
      const started = new Set<string>();
      return {
        ...inner,
        async delete(key, ...rest) {
          try {
            return await inner.delete(key, ...rest);
          } catch (error) {
            started.add(pathOf(location, key));
            throw error;
          }
        },
        async write(key, record, expected, options) {
          const path = pathOf(location, key);
          if (expected !== undefined && started.delete(path)) await client.send("DELETE", path, options);
          return inner.write(key, record, expected, options);
        },
      };
    },
  ),
  driverMutant(
    "long record in two requests",
    "removes a long record before it stores the next one",
    ["C6-14"],
    (inner) => ({
      ...inner,
      async write(key, record, expected, options) {
        if (typeof expected !== "string" || record.bytes.length < LONG_BYTES) {
          return inner.write(key, record, expected, options);
        }
        const bytes = record.bytes.slice();
        const wasCurrent = await inner.delete(key, expected, options);
        return wasCurrent
          ? inner.write(key, { ...record, bytes, unchanged: 0 }, undefined, options)
          : undefined;
      },
    }),
  ),
  driverMutant(
    "mixed-up responses",
    "takes the response to an aborted load for the response to the next one",
    ["C6-11"],
    (inner) => {
      let aborted: Parameters<ThreadDriver["read"]>[0] | undefined;
      const read: ThreadDriver["read"] = async (key, cachedVersion, options) => {
        const [requested, abortedEarly] = [aborted ?? key, options.signal.aborted];
        aborted = undefined;
        try {
          return await inner.read(requested, cachedVersion, options);
        } catch (error) {
          if (!abortedEarly && options.signal.aborted) aborted = key;
          throw error;
        }
      };
      return { ...inner, read };
    },
  ),
  networkMutant(
    "forced save after unknown outcome",
    "overwrites the thread after a write with an unknown outcome",
    ["C6-13"],
    () => ({
      store: (inner, options) => {
        const unknown = new Set<string>();
        const noting = async <T>(id: string, call: () => Promise<T>): Promise<T> => {
          try {
            return await call();
          } catch (error) {
            if (isUnknown(error)) unknown.add(id);
            throw error;
          }
        };
        const bug = (store: ThreadStore): Partial<ThreadStore> => ({
          save: (id, thread, callOptions = {}) => {
            const isDone = callOptions.previous !== undefined && unknown.delete(id);
            const own = isDone ? { ...callOptions, previous: undefined, overwrite: true } : callOptions;
            return noting(id, () => store.save(id, thread, own));
          },
          delete: (id, callOptions) => noting(id, () => store.delete(id, callOptions)),
        });
        return wrapStore(inner, { data: new Map(), options }, bug);
      },
    }),
  ),
];
