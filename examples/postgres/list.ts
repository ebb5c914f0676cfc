import {
  idRange,
  namespaceRange,
  parseRecency,
  positionOf,
  type ThreadDriver,
} from "@threadstore/core/driver";
import type { Database } from "./connection.ts";
import { encodeText } from "./keys.ts";

interface Row {
  readonly id: Buffer;
  readonly version: string;
  readonly trailer: Buffer;
  readonly recency: string;
}

/** Returns the statement for a page: the records of namespace `$1` from id `$2` and before `$3`, at most `$4`. */
export function pageStatement(table: string): string {
  return `
    SELECT id, version, trailer, recency
    FROM ${table} WHERE namespace = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT $4`;
}

/** Returns the statement for a page by recency: the records after the one with recency `$2` and id `$3`, at most `$4`. */
export function recentPageStatement(table: string): string {
  return `
    SELECT id, version, trailer, recency
    FROM ${table} WHERE namespace = $1 AND (recency, id) > ($2, $3) ORDER BY recency, id LIMIT $4`;
}

export function listMethod({ table, query }: Database): ThreadDriver["list"] {
  const [selectById, selectByRecency] = [pageStatement(table), recentPageStatement(table)];
  return async (namespace, { after, limit, order, prefix }, { signal }) => {
    // One record more than the page holds shows whether another page follows.
    const valuesOf = (start: unknown[]): unknown[] => [encodeText(namespace), ...start, limit + 1];
    const { updatedAt, id } = (order === "updated" ? parseRecency(after) : undefined) ?? FIRST;
    const { rows } =
      order === "updated"
        ? await query<Row>(selectByRecency, valuesOf([-updatedAt, encodeText(id)]), signal)
        : await query<Row>(selectById, valuesOf(idRange({ after, prefix })), signal);
    const records = rows.slice(0, limit).map((row) => {
      const { version, trailer, recency } = row;
      return { id: row.id.toString(), version, tail: trailer, updatedAt: -Number(recency) };
    });
    const last = rows.length > limit ? records.at(-1) : undefined;
    return { records, next: last && positionOf(last, order) };
  };
}

/** A position before the first record. */
const FIRST = { updatedAt: Number.MAX_SAFE_INTEGER, id: "" };

/**
 * Returns the statement for a page of namespaces: `$1` itself if `$4`, and those from `$2` and before `$3`, at most `$5`.
 * PostgreSQL would read every row for `SELECT DISTINCT`, so this searches the index for each next namespace.
 */
export function namespacesStatement(table: string): string {
  return `
    WITH RECURSIVE nested AS (
      (SELECT namespace FROM ${table} WHERE namespace >= $2 AND namespace < $3 ORDER BY namespace LIMIT 1)
      UNION ALL
      SELECT following.namespace FROM nested CROSS JOIN LATERAL (
        SELECT namespace FROM ${table} AS t WHERE t.namespace > nested.namespace AND t.namespace < $3
        ORDER BY t.namespace LIMIT 1
      ) AS following
    )
    SELECT $1::bytea AS namespace WHERE $4 AND EXISTS (SELECT FROM ${table} WHERE namespace = $1)
    UNION ALL (SELECT namespace FROM nested LIMIT $5)`;
}

export function listNamespacesMethod({ table, query }: Database): ThreadDriver["listNamespaces"] {
  const select = namespacesStatement(table);
  return async (request, { signal }) => {
    const { includesSelf, first, end } = namespaceRange(request);
    const values = [encodeText(request.within), first, end, includesSelf, request.limit + 1];
    const { rows } = await query<{ namespace: Buffer }>(select, values, signal);
    const namespaces = rows.slice(0, request.limit).map(({ namespace }) => namespace.toString());
    return { namespaces, next: rows.length > request.limit ? namespaces.at(-1) : undefined };
  };
}
