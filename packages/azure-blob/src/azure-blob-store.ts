import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  listingRests,
  type StoreOptions,
  type AsyncThreadDriver,
  type ThreadKey,
  withLocation,
} from "@threadstore/core/driver";
import type { BlobTarget } from "./blobs.ts";
import { withDriverErrors } from "./errors.ts";
import { blobNameOf, hashedIdOf, namespacePrefixOf } from "./keys.ts";
import { listNamespaces } from "./list-namespaces.ts";
import { type BlobAtPosition, listRecords } from "./list.ts";
import { OPTION_NAMES, type AzureBlobDriverOptions, resolveOptions } from "./options.ts";
import { patchRecord, readRecordTail } from "./patches.ts";
import { deleteRecord, readRecord, writeRecord } from "./records.ts";

export type AzureBlobStoreOptions = AzureBlobDriverOptions & StoreOptions;

/**
 * Creates a store that keeps each thread in one blob of an Azure Blob Storage container, which any number of processes
 * and hosts can share. Sends nothing before the first call. Throws a `TypeError` for invalid options.
 */
export function azureBlobStore(options: AzureBlobStoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of {@link azureBlobStore}, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function azureBlobDriver(options: AzureBlobDriverOptions): AsyncThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: AzureBlobDriverOptions): AsyncThreadDriver {
  const { container, prefix } = resolveOptions(options);
  const targetOf = (key: ThreadKey, signal: AbortSignal): BlobTarget => ({
    container,
    name: blobNameOf(prefix, key),
    id: hashedIdOf(key),
    signal,
  });
  const { host, origin, pathname } = new URL(container.url);
  const location = `The container is ${container.containerName} at ${host}.`;
  const run = <Result>(operation: () => Promise<Result>): Promise<Result> =>
    withLocation(location, () => withDriverErrors(operation));
  const rests = listingRests<BlobAtPosition>();
  return {
    contract: 2,
    name: "azure-blob",
    location: `${origin}${pathname} ${prefix}`,

    read: (key, cachedVersion, { signal }) => run(() => readRecord(targetOf(key, signal), cachedVersion)),

    write: (key, record, expectedVersion, { signal }) =>
      run(() => writeRecord(targetOf(key, signal), record, expectedVersion)),

    readTail: (key, { signal }) => run(() => readRecordTail(targetOf(key, signal))),

    patch: (key, patch, expectedVersion, { signal }) =>
      run(() => patchRecord(targetOf(key, signal), patch, expectedVersion)),

    delete: (key, expectedVersion, { signal }) =>
      run(() => deleteRecord(targetOf(key, signal), expectedVersion)),

    list: (namespace, page, { signal }) =>
      run(() =>
        listRecords({ container, prefix: namespacePrefixOf(prefix, namespace), signal, rests }, page),
      ),

    listNamespaces: (request, { signal }) =>
      run(() => listNamespaces({ container, prefix, signal }, request)),

    async close() {
      // The SDK shares idle connections among all clients of the process, and they do not keep the process alive.
    },
  };
}
