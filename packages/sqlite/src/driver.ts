import type { ThreadDriver } from "@threadstore/core/driver";
import { createConnection } from "./connection.ts";
import { groupDeletes } from "./grouped-deletes.ts";
import { readRecord } from "./large-read.ts";
import { LARGE_RECORDS, type LargeRecords } from "./large-records.ts";
import { locationOf, type ResolvedOptions } from "./options.ts";
import { isLargeWrite, writeStaged } from "./staged-write.ts";

/** Creates the driver. Tests pass smaller limits for `large` records. */
export function createDriver(options: ResolvedOptions, large: LargeRecords = LARGE_RECORDS): ThreadDriver {
  const connection = createConnection(options);
  const deleteGrouped = groupDeletes(connection);
  // The owner of a connection may start a transaction between two turns of the event loop.
  const isOwn = options.database === undefined;
  // What a killed process has staged remains for a while.
  const isStaging = isOwn && !options.secureDelete;
  return {
    contract: 2,
    name: "sqlite",
    location: locationOf(options),
    read: (key, cachedVersion, { signal }) =>
      isOwn
        ? readRecord(connection, { key, cachedVersion, signal, large })
        : connection.read(signal, ({ read }) => read(key, cachedVersion)),
    write: (key, record, expectedVersion, { signal }) =>
      isStaging && isLargeWrite(record, large)
        ? writeStaged(connection, key, record, expectedVersion, { signal, ...large })
        : connection.change(signal, ({ write }) => write(key, record, expectedVersion), {
            adds: expectedVersion === undefined,
          }),
    readTail: (key, { signal }) => connection.read(signal, ({ readTail }) => readTail(key)),
    patch: (key, patch, expectedVersion, { signal }) =>
      connection.change(signal, (operations) => operations.patch(key, patch, expectedVersion)),
    delete: (key, expectedVersion, { signal }) => deleteGrouped(key, expectedVersion, signal),
    list: (namespace, page, { signal }) => connection.read(signal, ({ list }) => list(namespace, page)),
    listNamespaces: (request, { signal }) =>
      connection.read(signal, ({ listNamespaces }) => listNamespaces(request)),
    close: () => connection.close(),
  };
}
