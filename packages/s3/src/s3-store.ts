import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  listingRests,
  patchesByRewriting,
  type StoreOptions,
  type AsyncThreadDriver,
  withLocation,
} from "@threadstore/core/driver";
import { locationOf, resolveBucket } from "./client.ts";
import { withDriverErrors } from "./errors.ts";
import { listNamespaces } from "./list-namespaces.ts";
import { listRecords, type ObjectAtPosition } from "./list.ts";
import { OPTION_NAMES, type S3DriverOptions } from "./options.ts";
import { deleteRecord, readRecord, type RecordContext, writeRecord } from "./records.ts";
import { createSelfCheck } from "./self-check.ts";
import { deleteOldTombstones } from "./tombstones.ts";
import { createWriteHistories } from "./write-history.ts";

export type S3StoreOptions = S3DriverOptions & StoreOptions;

/**
 * Creates a store that keeps each thread in one object of an S3 bucket, or of a compatible service with conditional
 * writes. Sends nothing before the first call. Throws a `TypeError` for invalid options.
 */
export function s3Store(options: S3StoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of {@link s3Store}, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function s3Driver(options: S3DriverOptions): AsyncThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: S3DriverOptions): AsyncThreadDriver {
  const bucket = resolveBucket(options);
  const selfCheck = createSelfCheck(bucket, options);
  const context: RecordContext = { bucket, selfCheck, histories: createWriteHistories() };
  const location = locationOf(options);
  const run = <Result>(operation: () => Promise<Result>): Promise<Result> =>
    withLocation(location, () => withDriverErrors(operation));
  const read: AsyncThreadDriver["read"] = (key, cachedVersion, { signal }) =>
    run(() => readRecord(context, key, cachedVersion, signal));
  const write: AsyncThreadDriver["write"] = (key, record, expectedVersion, { signal }) =>
    run(() => writeRecord(context, key, record, expectedVersion, signal));
  const rests = listingRests<ObjectAtPosition>();
  return {
    contract: 2,
    name: "s3",

    read,
    write,
    ...patchesByRewriting({ read, write }),

    delete: (key, expectedVersion, { signal }) =>
      run(() => deleteRecord(context, key, expectedVersion, signal)),

    list: (namespace, request, { signal }) =>
      run(async () => {
        const { page, tombstones } = await listRecords({ bucket, namespace, signal, rests }, request);
        await deleteOldTombstones(context, tombstones, signal);
        return page;
      }),

    listNamespaces: (request, { signal }) => run(() => listNamespaces(context, request, signal)),

    async close() {
      selfCheck.close();
      if (options.client === undefined) bucket.client.destroy();
    },
  };
}
