import {
  type ListedRecord,
  idRange,
  metadataHashes,
  type PageRequest,
  parseRecency,
  positionOf,
  type AsyncThreadDriver,
} from "@threadstore/core/driver";
import type { Row } from "./connection.ts";
import { type Database, guardColumns } from "./database.ts";
import { encodeArray, encodeText, type Tables } from "./keys.ts";

/** A statement and its parameters. */
export interface PageQuery {
  readonly statement: string;
  readonly values: readonly unknown[];
}

/**
 * Returns the query for a page, and one record more, which shows whether another page follows. It reads a range of an
 * index, and no content: that of ids, by recency, or of the metadata.
 */
export function pageQuery(
  tables: Tables,
  namespace: string,
  { after, limit, order, prefix, where }: PageRequest,
): PageQuery {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [`namespace = ${parameter(encodeText(namespace))}`];
  const hashes = metadataHashes(namespace, where);
  if (hashes.length > 0) {
    const array = `${parameter(encodeArray(hashes))}::bigint[]`;
    conditions.push(`thread IN (SELECT thread FROM ${tables.metadata} WHERE hash = ANY (${array})
GROUP BY thread HAVING count(*) = cardinality(${array}))`);
  }
  const isByRecency = order === "updated";
  if (!isByRecency || prefix !== "") {
    const [first, end] = idRange({ after: isByRecency ? undefined : after, prefix });
    conditions.push(`id >= ${parameter(first)} AND id < ${parameter(end)}`);
  }
  const position = isByRecency ? parseRecency(after) : undefined;
  if (position !== undefined) {
    const time = `${parameter(position.updatedAt)}::bigint`;
    const id = parameter(encodeText(position.id));
    conditions.push(`updated_at <= ${time} AND (updated_at < ${time} OR id > ${id})`);
  }
  const columns = { id: "id", updated: "updated_at DESC, id" }[order];
  const statement = `
SELECT ${guardColumns(tables)}, encode(page.id, 'base64') AS id, version, encode(trailer, 'base64') AS trailer,
page.updated_at::text AS updated_at
FROM (SELECT) AS one LEFT JOIN LATERAL (
SELECT id, version, trailer, updated_at FROM ${tables.threads} WHERE ${conditions.join(" AND ")}
ORDER BY ${columns} LIMIT ${parameter(limit + 1)}::int
) AS page ON true ORDER BY ${columns.replace(/^|(?<=, )/gu, "page.")}`;
  return { statement, values };
}

export function listMethod({ tables, run }: Database): AsyncThreadDriver["list"] {
  return async (namespace, page, { signal }) => {
    const { statement, values } = pageQuery(tables, namespace, page);
    const rows = await run(statement, [...values], signal);
    const records = rows.flatMap(recordOf);
    const last = records.length > page.limit ? records[page.limit - 1] : undefined;
    return { records: records.slice(0, page.limit), next: last && positionOf(last, page.order) };
  };
}

/** Without any records, there is one row, which only has the guard columns. */
function recordOf({
  id = null,
  version = null,
  trailer = null,
  updated_at: updatedAt = null,
}: Row): (ListedRecord & { updatedAt: number })[] {
  if (id === null || version === null || trailer === null) return [];
  const tail = Buffer.from(trailer, "base64");
  const text = Buffer.from(id, "base64").toString();
  return [{ id: text, version, nonce: version, tail, updatedAt: Number(updatedAt) }];
}
