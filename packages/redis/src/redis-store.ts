import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { openClient, type RedisDriverOptions } from "./client.ts";
import { explain } from "./explain.ts";
import { keysUnder } from "./keys.ts";
import { listRecords } from "./listing.ts";
import { deleteRecord, readRecord, writeRecord } from "./records.ts";
import { replicaCheck } from "./replicas.ts";

export type RedisStoreOptions = RedisDriverOptions & StoreOptions;

/**
 * Keeps threads in Redis 7 or newer: one server, Sentinel or Cluster. Connects on the first call; throws
 * `TypeError` for wrong options.
 */
export function redisStore(options: RedisStoreOptions): ThreadStore {
  return createThreadStore(redisDriver(options), options);
}

/** The driver under `redisStore`, for `createThreadStore`. Throws `TypeError` for wrong options. */
export function redisDriver(options: RedisDriverOptions): ThreadDriver {
  const keys = keysUnder(options.prefix ?? "threadstore");
  const { connection, close } = openClient(options);
  const confirmed = replicaCheck(connection, options.client, options.replicas);
  return {
    contract: 1,
    name: "redis",
    read: (key, known, { signal }) => readRecord(connection, keys.of(key), known, signal),
    async write(key, record, expected, { signal }) {
      const version = await writeRecord(connection, keys.of(key), record, expected, signal);
      if (version !== undefined) await confirmed(signal);
      return version;
    },
    async delete(key, expected, { signal }) {
      const deleted = await deleteRecord(connection, keys.of(key), expected, signal);
      if (deleted) await confirmed(signal);
      return deleted;
    },
    list: (namespace, page, { signal }) => listRecords(connection, keys.buckets(namespace), page, signal),
    explain,
    close,
  };
}
