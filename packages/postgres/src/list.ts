import { type ListedRecord, idRange, type ThreadDriver } from "@threadstore/core/driver";
import type { Row } from "./connection.ts";
import { type Database, guardColumns } from "./database.ts";
import { encodeText, type Tables } from "./keys.ts";

/**
 * Returns the statement for a page: at most `$4` records of namespace `$1` from id `$2` and before `$3`. It
 * reads a range of the index, and no content.
 */
export function pageStatement(tables: Tables): string {
  return `
SELECT ${guardColumns(tables)}, encode(page.id, 'base64') AS id, version, encode(trailer, 'base64') AS trailer
FROM (SELECT) AS one LEFT JOIN LATERAL (
SELECT id, version, trailer FROM ${tables.threads} WHERE namespace = $1 AND id >= $2 AND id < $3
ORDER BY id LIMIT $4::int
) AS page ON true ORDER BY page.id`;
}

export function listMethod({ tables, run }: Database): ThreadDriver["list"] {
  const statement = pageStatement(tables);
  return async (namespace, { limit, ...page }, { signal }) => {
    // One record more than the page holds shows whether another page follows.
    const values = [encodeText(namespace), ...idRange(page), limit + 1];
    const rows = await run(statement, values, signal);
    const records = rows.slice(0, limit).flatMap(recordOf);
    return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
  };
}

/** Without any records, there is one row, which only has the guard columns. */
function recordOf({ id = null, version = null, trailer = null }: Row): ListedRecord[] {
  if (id === null || version === null || trailer === null) return [];
  const tail = Buffer.from(trailer, "base64");
  return [{ id: Buffer.from(id, "base64").toString(), version, nonce: version, tail }];
}
