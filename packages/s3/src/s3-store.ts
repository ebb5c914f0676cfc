import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { bucketOf } from "./client.ts";
import { explain } from "./explain.ts";
import { newHistories } from "./history.ts";
import { listRecords } from "./listing.ts";
import type { S3DriverOptions } from "./options.ts";
import { buryTombstones, deleteRecord, readRecord, type Records, writeRecord } from "./records.ts";
import { providerFinder } from "./self-check.ts";

export type S3StoreOptions = S3DriverOptions & StoreOptions;

/**
 * Keeps threads in a bucket of S3, or of a service that speaks its protocol and has conditional writes: one
 * object a thread. Throws `TypeError` for wrong options; sends nothing before it is used.
 */
export function s3Store(options: S3StoreOptions): ThreadStore {
  return createThreadStore(s3Driver(options), options);
}

/** The driver under `s3Store`, for `createThreadStore`. Throws `TypeError` for wrong options. */
export function s3Driver(options: S3DriverOptions): ThreadDriver {
  const bucket = bucketOf(options);
  const provider = providerFinder(bucket, options);
  const records: Records = { bucket, provider, histories: newHistories(), harmless: new WeakSet() };
  return {
    contract: 1,
    name: "s3",
    read: (key, known, { signal }) => readRecord(records, key, known, signal),
    write: (key, record, expected, { signal }) => writeRecord(records, key, record, expected, signal),
    delete: (key, expected, { signal }) => deleteRecord(records, key, expected, signal),
    list: async (namespace, request, { signal }) => {
      const { page, tombstones } = await listRecords({ bucket, namespace, signal }, request);
      await buryTombstones(records, tombstones, signal);
      return page;
    },
    explain: (error) => explain(error, error instanceof Error && records.harmless.has(error)),
    close: async () => {
      provider.close();
      if (options.client === undefined) bucket.client.destroy();
    },
  };
}
