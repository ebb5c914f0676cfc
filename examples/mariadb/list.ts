import {
  idRange,
  namespaceRange,
  parseRecency,
  positionOf,
  type ThreadDriver,
} from "@threadstore/core/driver";
import type { Database, Value } from "./connection.ts";
import { encodeText } from "./keys.ts";

interface Row {
  readonly id: Buffer;
  readonly version: Buffer;
  readonly tail: Buffer;
  /** A text if the options of the pool say so. */
  readonly recency: number | string;
}

/** Returns the statement for a page: the records of a namespace from one id up to another, and a limit. */
export function pageStatement(table: string): string {
  return `
    SELECT id, version, tail, recency FROM ${table} FORCE INDEX (PRIMARY)
    WHERE namespace = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?`;
}

/** Returns the statement for a page by recency: the records after a recency (given twice) and an id, and a limit. */
export function recentPageStatement(table: string): string {
  return `
    SELECT id, version, tail, recency FROM ${table} FORCE INDEX (by_recency)
    WHERE namespace = ? AND recency >= ? AND (recency > ? OR id > ?) ORDER BY recency, id LIMIT ?`;
}

export function listMethod({ table, select }: Database): ThreadDriver["list"] {
  const [selectById, selectByRecency] = [pageStatement(table), recentPageStatement(table)];
  return async (namespace, { after, limit, order, prefix }, { signal }) => {
    // One record more than the page holds shows whether another page follows.
    const valuesOf = (start: Value[]): Value[] => [encodeText(namespace), ...start, limit + 1];
    const { updatedAt, id } = (order === "updated" ? parseRecency(after) : undefined) ?? FIRST;
    const rows =
      order === "updated"
        ? await select<Row>(selectByRecency, valuesOf([-updatedAt, -updatedAt, encodeText(id)]), signal)
        : await select<Row>(selectById, valuesOf(idRange({ after, prefix })), signal);
    const records = rows.slice(0, limit).map((row) => {
      const version = String(row.version);
      return { id: String(row.id), version, nonce: version, tail: row.tail, updatedAt: -Number(row.recency) };
    });
    const last = rows.length > limit ? records.at(-1) : undefined;
    return { records, next: last && positionOf(last, order) };
  };
}

/** A position before the first record. */
const FIRST = { updatedAt: Number.MAX_SAFE_INTEGER, id: "" };

/**
 * Returns the statement for a page of namespaces. Its values are a namespace and whether to include it, a range (from,
 * to), and twice the limit. MariaDB jumps in the index from each group to the next.
 */
export function namespacesStatement(table: string): string {
  return `
    (SELECT namespace FROM ${table} WHERE namespace = ? AND ? LIMIT 1)
    UNION ALL
    (SELECT namespace FROM ${table} FORCE INDEX (by_recency)
      WHERE namespace >= ? AND namespace < ? GROUP BY namespace ORDER BY namespace LIMIT ?)
    ORDER BY namespace LIMIT ?`;
}

export function listNamespacesMethod({ table, select }: Database): ThreadDriver["listNamespaces"] {
  const statement = namespacesStatement(table);
  return async (request, { signal }) => {
    const { includesSelf, first, end } = namespaceRange(request);
    const limit = request.limit + 1;
    const values = [encodeText(request.within), Number(includesSelf), first, end, limit, limit];
    const rows = await select<{ namespace: Buffer }>(statement, values, signal);
    const namespaces = rows.slice(0, request.limit).map(({ namespace }) => String(namespace));
    return { namespaces, next: rows.length > request.limit ? namespaces.at(-1) : undefined };
  };
}
