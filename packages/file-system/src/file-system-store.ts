import type { ThreadStore } from "@threadstore/core";
import {
  checkOptionNames,
  STORE_OPTION_NAMES,
  createThreadStore,
  patchesByRewriting,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { withDriverErrors } from "./errors.ts";
import { createLayout } from "./layout.ts";
import { listNamespaces } from "./list-namespaces.ts";
import { listRecords } from "./list.ts";
import { createMaintenance } from "./maintenance.ts";
import {
  OPTION_NAMES,
  type FileSystemDriverOptions,
  type FileSystemStoreOptions,
  resolveOptions,
} from "./options.ts";
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

  const run = <Result>(call: () => Promise<Result>): Promise<Result> => withDriverErrors(layout.root, call);

  const read: ThreadDriver["read"] = (key, cachedVersion, { signal }) =>
    run(() => readRecord(layout, key, cachedVersion, signal));
  const write: ThreadDriver["write"] = (key, record, expectedVersion, { signal }) =>
    run(async () => {
      signal.throwIfAborted();
      return maintenance.prepare(() =>
        writeRecord({ layout, files, segments, signal }, key, record, expectedVersion),
      );
    });
  return {
    contract: 2,
    name: "file-system",

    read,
    write,
    ...patchesByRewriting({ read, write }),

    delete: (key, expectedVersion, { signal }) =>
      run(async () => {
        signal.throwIfAborted();
        return maintenance.prepare(() =>
          deleteRecord({ layout, files, segments, signal }, key, expectedVersion),
        );
      }),

    list: (namespace, page, { signal }) => run(() => listRecords(layout, namespace, page, signal)),

    listNamespaces: (request, { signal }) => run(() => listNamespaces(layout, request, signal)),

    async close() {
      // Every call closes the files that it opens.
    },
  };
}
