import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  listingRests,
  type MaybePromise,
  type ThreadDriver,
} from "@threadstore/core/driver";
import type { WriteContext } from "./commit/write-context.ts";
import { withDriverErrors } from "./errors.ts";
import { createLayout } from "./layout.ts";
import { listNamespaces } from "./list-namespaces.ts";
import { listRecords, type ThreadEntry } from "./list.ts";
import { createMaintenance } from "./maintenance.ts";
import {
  OPTION_NAMES,
  type FileSystemDriverOptions,
  type FileSystemStoreOptions,
  resolveOptions,
} from "./options.ts";
import { patchRecord, readRecordTail } from "./patches.ts";
import { deleteRecord, readRecord, writeRecord } from "./records.ts";
import { createOwnSegments } from "./segments/own-segments.ts";
import { createDurableFiles } from "./system/durable-files.ts";

/**
 * Creates a store that keeps each thread in files below `folder`, for any number of processes on one machine. Does not
 * access any file before the first call. Throws a `TypeError` for invalid options.
 */
export function fileSystemStore(options: FileSystemStoreOptions): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of `fileSystemStore`, for `createThreadStore`. Throws a `TypeError` for invalid options. */
export function fileSystemDriver(options: FileSystemDriverOptions): ThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver(options: FileSystemDriverOptions): ThreadDriver {
  const resolvedOptions = resolveOptions(options);
  const layout = createLayout(resolvedOptions.folder);
  const files = createDurableFiles(resolvedOptions);
  const segments = createOwnSegments();
  const maintenance = createMaintenance(layout, files);
  const rests = listingRests<ThreadEntry>();

  const run = <Result>(call: () => MaybePromise<Result>): MaybePromise<Result> =>
    withDriverErrors(layout.root, call);

  const change = <Result>(
    signal: AbortSignal,
    work: (context: WriteContext) => MaybePromise<Result>,
  ): MaybePromise<Result> =>
    run(() => {
      signal.throwIfAborted();
      return maintenance.prepare(() => work({ layout, files, segments, signal }));
    });

  return {
    contract: 2,
    name: "file-system",
    location: layout.root,

    read: (key, cachedVersion, { signal }) => run(() => readRecord(layout, key, cachedVersion, signal)),

    write: (key, record, expectedVersion, { signal }) =>
      change(signal, (context) => writeRecord(context, key, record, expectedVersion)),

    readTail: (key, { signal }) => run(() => readRecordTail(layout, key, signal)),

    patch: (key, patch, expectedVersion, { signal }) =>
      change(signal, (context) => patchRecord(context, key, patch, expectedVersion)),

    delete: (key, expectedVersion, { signal }) =>
      change(signal, (context) => deleteRecord(context, key, expectedVersion)),

    list: (namespace, page, { signal }) => run(() => listRecords({ layout, rests }, namespace, page, signal)),

    listNamespaces: (request, { signal }) => run(() => listNamespaces(layout, request, signal)),

    async close() {
      // Every call closes the files that it opens.
    },
  };
}
