import {
  compareUtf8,
  type NamespacesRequest,
  namespacesOnPage,
  type StoredNamespaces,
} from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";

/** How many keys a SCAN looks at before it responds. */
const SCAN_COUNT = "1000";

/**
 * Lists a page of namespaces. Redis has no index of keys, and one of namespaces would cost every save, so this scans the
 * keys of every master.
 */
export async function listNamespaces(
  connection: Connection,
  keys: Keys,
  request: NamespacesRequest,
  signal: AbortSignal,
): Promise<StoredNamespaces> {
  const names = new Set<string>();
  // Connects a Cluster, whose masters are then known, and fails on a single node of one, which only has some of the keys.
  if (await holdsIndex(connection, keys, request.within, signal)) names.add(request.within);
  const pattern = keys.indexPattern(request.within);
  await Promise.all(
    connection.masters().map(async (master) => {
      for await (const key of scan(master, pattern, signal)) {
        const namespace = keys.namespaceOfIndex(key);
        if (namespace !== undefined) names.add(namespace);
      }
    }),
  );
  return namespacesOnPage(names, request, compareUtf8);
}

async function holdsIndex(
  connection: Connection,
  keys: Keys,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const existing = await Promise.all(
    keys.buckets(namespace).map(({ index }) => connection.command("exists", [index], signal)),
  );
  return existing.some((count) => count === 1);
}

/** Yields the keys of indexes on one master that match the pattern. A key can appear more than once. */
async function* scan(master: Connection, pattern: string, signal: AbortSignal): AsyncGenerator<string> {
  let cursor = "0";
  do {
    const parameters = [cursor, "MATCH", pattern, "COUNT", SCAN_COUNT, "TYPE", "zset"];
    const [next, matching] = (await master.command("scan", parameters, signal)) as [Buffer, Buffer[]];
    for (const key of matching) yield key.toString();
    cursor = next.toString();
  } while (cursor !== "0");
}
