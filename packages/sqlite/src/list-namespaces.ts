import { namespaceRange, type NamespacesRequest, type StoredNamespaces } from "@threadstore/core/driver";
import { decodeText, encodeText } from "./keys.ts";
import type { SqliteDatabase } from "./options.ts";
import { prepareStatement } from "./statements.ts";

export type ListNamespaces = (request: NamespacesRequest) => StoredNamespaces;

/**
 * Prepares the listing of namespaces: one search in the index for each, however many threads it has. SQLite has no skip
 * scan for `SELECT DISTINCT`.
 */
export function prepareListNamespaces(database: SqliteDatabase): ListNamespaces {
  const selectPage = prepareStatement<{ namespace: Buffer }>(
    database,
    `WITH RECURSIVE names (namespace) AS (
       SELECT namespace FROM (
         SELECT namespace FROM threadstore_threads WHERE namespace >= ? AND namespace < ?
         ORDER BY namespace LIMIT 1)
       UNION ALL
       SELECT (
         SELECT threads.namespace FROM threadstore_threads AS threads
         WHERE threads.namespace > names.namespace AND threads.namespace < ?
         ORDER BY threads.namespace LIMIT 1)
       FROM names WHERE namespace IS NOT NULL
     )
     SELECT namespace FROM (SELECT ? AS namespace, ? AS included) WHERE included
       AND EXISTS (SELECT 1 FROM threadstore_threads AS threads WHERE threads.namespace = ?)
     UNION ALL SELECT namespace FROM names WHERE namespace IS NOT NULL LIMIT ?`,
  );
  return (request) => {
    const { includesSelf, first, end } = namespaceRange(request);
    const self = encodeText(request.within);
    const rows = selectPage().all(first, end, end, self, Number(includesSelf), self, request.limit + 1);
    const namespaces = rows.slice(0, request.limit).map(({ namespace }) => decodeText(namespace));
    return { namespaces, next: rows.length > request.limit ? namespaces.at(-1) : undefined };
  };
}
