import {
  createThreadStore,
  type StoreOptions,
  type ThreadDriver,
  type ThreadKey,
  type ThreadStore,
} from "@threadstore/core";
import { explain } from "./explain.ts";
import { listRecords } from "./list.ts";
import { blobNameOf, folderOf } from "./names.ts";
import { type AzureBlobDriverOptions, checkOptions } from "./options.ts";
import { readRecord } from "./read.ts";
import { deleteRecord, type Target, writeRecord } from "./write.ts";

export type AzureBlobStoreOptions = AzureBlobDriverOptions & StoreOptions;

/**
 * Keeps threads in a container of Azure Blob Storage, one blob a thread, for any number of processes and hosts.
 * Sends nothing before the first call; throws `TypeError` for wrong options.
 */
export function azureBlobStore(options: AzureBlobStoreOptions): ThreadStore {
  return createThreadStore(azureBlobDriver(options), options);
}

/** The driver under {@link azureBlobStore}, for `createThreadStore`. Throws `TypeError` for wrong options. */
export function azureBlobDriver(options: AzureBlobDriverOptions): ThreadDriver {
  const { container, prefix } = checkOptions(options);
  const target = (key: ThreadKey, signal: AbortSignal): Target => ({
    container,
    name: blobNameOf(prefix, key),
    signal,
  });
  return {
    contract: 1,
    name: "azure-blob",

    read: (key, known, { signal }) =>
      readRecord(container.getBlobClient(blobNameOf(prefix, key)), known, signal),

    write: (key, record, expected, { signal }) => writeRecord(target(key, signal), record, expected),

    delete: (key, expected, { signal }) => deleteRecord(target(key, signal), expected),

    list: (namespace, page, { signal }) =>
      listRecords({ container, folder: folderOf(prefix, namespace), signal }, page),

    explain,

    async close() {
      // The SDK keeps its connections for all clients of the process, and they do not keep the process alive.
    },
  };
}
