import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { openClient, type RedisDriverOptions } from "./client.ts";
import { explain } from "./explain.ts";
import { keysUnder } from "./keys.ts";
import { listRecords } from "./listing.ts";
import { deleteRecord, readRecord, writeRecord } from "./records.ts";

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
  return {
    contract: 1,
    name: "redis",
    read: (key, known, { signal }) => readRecord(connection, keys.of(key), known, signal),
    write: (key, record, expected, { signal }) =>
      writeRecord(connection, keys.of(key), record, expected, signal),
    delete: (key, expected, { signal }) => deleteRecord(connection, keys.of(key), expected, signal),
    list: (namespace, page, { signal }) => listRecords(connection, keys.buckets(namespace), page, signal),
    explain,
    close,
  };
}
