import type { ThreadStore, Version } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  type AsyncThreadDriver,
  withLocation,
} from "@threadstore/core/driver";
import { locationOf, openClient } from "./client.ts";
import { connectionTo } from "./connection.ts";
import { keysWithPrefix } from "./keys.ts";
import { listNamespaces } from "./list-namespaces.ts";
import { listRecords } from "./list.ts";
import { OPTION_NAMES, type RedisDriverOptions, type RedisStoreOptions, resolveOptions } from "./options.ts";
import { changeRecord, deleteRecord, readRecord, readTail, writeRecord } from "./records.ts";
import { replicaCheck } from "./replicas.ts";

/**
 * Creates a store that keeps threads in Redis 7 or newer: a single server, Sentinel or Cluster. Connects on the first
 * call. Throws a `TypeError` for invalid options.
 */
export function redisStore(options: RedisStoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of {@link redisStore}, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function redisDriver(options: RedisDriverOptions): AsyncThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: RedisDriverOptions): AsyncThreadDriver {
  const { prefix, replicas, ...source } = resolveOptions(options);
  const { client, close } = openClient(source);
  const connection = connectionTo(client);
  const keys = keysWithPrefix(prefix);
  const waitForReplicas = replicaCheck(connection, replicas);
  const run = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    try {
      return await call();
    } catch (error) {
      return withLocation(locationOf(client), () => Promise.reject(error));
    }
  };
  /** Resolves with the result of a change, once enough replicas have the change if there was one. */
  const confirmed = <Result extends Version | boolean | undefined>(
    change: Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> => {
    if (waitForReplicas === undefined) return change;
    return afterReplicas(change, () => waitForReplicas(signal));
  };
  return {
    contract: 2,
    name: "redis",
    read: (key, cachedVersion, { signal }) =>
      run(() => readRecord(connection, keys.of(key), cachedVersion, signal)),
    write: (key, record, expectedVersion, { signal }) =>
      run(() => confirmed(writeRecord(connection, keys.of(key), record, expectedVersion, signal), signal)),
    readTail: (key, { signal }) => run(() => readTail(connection, keys.of(key), signal)),
    patch: (key, { keep, bytes, ...details }, expectedVersion, { signal }) => {
      const change = { ...details, unchanged: keep, changed: bytes };
      return run(() =>
        confirmed(changeRecord(connection, keys.of(key), change, expectedVersion, signal), signal),
      );
    },
    delete: (key, expectedVersion, { signal }) =>
      run(() => confirmed(deleteRecord(connection, keys.of(key), expectedVersion, signal), signal)),
    list: (namespace, page, { signal }) =>
      run(() => listRecords(connection, keys.buckets(namespace), page, signal)),
    listNamespaces: (request, { signal }) => run(() => listNamespaces(connection, keys, request, signal)),
    close,
  };
}

async function afterReplicas<Result>(change: Promise<Result>, wait: () => Promise<void>): Promise<Result> {
  const result = await change;
  if (result !== undefined && result !== false) await wait();
  return result;
}
