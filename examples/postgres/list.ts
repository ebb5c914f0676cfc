import { idRange, type ThreadDriver } from "@threadstore/core/driver";
import type { Database } from "./connection.ts";
import { encodeText } from "./keys.ts";

/** Returns the statement for a page: the records of namespace `$1` from id `$2` and before `$3`, at most `$4`. */
export function pageStatement(table: string): string {
  return `
    SELECT id, version, trailer
    FROM ${table} WHERE namespace = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT $4`;
}

export function listMethod({ table, query }: Database): ThreadDriver["list"] {
  const select = pageStatement(table);
  return async (namespace, { limit, ...page }, { signal }) => {
    // One record more than the page holds shows whether another page follows.
    const values = [encodeText(namespace), ...idRange(page), limit + 1];
    const { rows } = await query<{ id: Buffer; version: string; trailer: Buffer }>(select, values, signal);
    const records = rows.slice(0, limit).map(({ id, version, trailer }) => {
      return { id: id.toString(), version, tail: trailer };
    });
    return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
  };
}
