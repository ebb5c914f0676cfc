import { namespaceRange, type AsyncThreadDriver } from "@threadstore/core/driver";
import { type Database, guardColumns } from "./database.ts";
import { encodeText, type Tables } from "./keys.ts";

/**
 * Returns the statement for a page of namespaces: `$1` itself if `$4`, and those from `$2` and before `$3`, at most `$5`.
 * One search in the index for each, however many threads it has: PostgreSQL has no skip scan for `SELECT DISTINCT`.
 */
export function namespacesStatement(tables: Tables): string {
  return `
SELECT ${guardColumns(tables)}, encode(page.namespace, 'base64') AS namespace
FROM (SELECT) AS one LEFT JOIN LATERAL (
WITH RECURSIVE names AS (
(SELECT namespace FROM ${tables.threads} WHERE namespace >= $2 AND namespace < $3 ORDER BY namespace LIMIT 1)
UNION ALL
SELECT following.namespace FROM names CROSS JOIN LATERAL (
SELECT namespace FROM ${tables.threads} AS t WHERE t.namespace > names.namespace AND t.namespace < $3
ORDER BY t.namespace LIMIT 1
) AS following
)
SELECT $1::bytea AS namespace WHERE $4::boolean AND EXISTS (SELECT FROM ${tables.threads} WHERE namespace = $1)
UNION ALL
SELECT namespace FROM names
LIMIT $5::int
) AS page ON true ORDER BY page.namespace`;
}

export function listNamespacesMethod({ tables, run }: Database): AsyncThreadDriver["listNamespaces"] {
  const statement = namespacesStatement(tables);
  return async (request, { signal }) => {
    const { includesSelf, first, end } = namespaceRange(request);
    // One namespace more than the page holds shows whether another page follows.
    const values = [encodeText(request.within), first, end, includesSelf, request.limit + 1];
    const rows = await run(statement, values, signal);
    // Without any namespaces, there is one row, which only has the guard columns.
    const names = rows.flatMap(({ namespace = null }) =>
      namespace === null ? [] : [Buffer.from(namespace, "base64").toString()],
    );
    const namespaces = names.slice(0, request.limit);
    return { namespaces, next: names.length > request.limit ? namespaces.at(-1) : undefined };
  };
}
