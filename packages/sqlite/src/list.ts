import type { Version } from "@threadstore/core";
import {
  idRange,
  metadataHashes,
  type PageRequest,
  parseRecency,
  positionOf,
  type RecordPage,
} from "@threadstore/core/driver";
import { decodeText, encodeText } from "./keys.ts";
import type { SqliteDatabase } from "./options.ts";
import { STORED_VERSION } from "./schema.ts";
import { type PreparedStatement, prepareStatement } from "./statements.ts";

export type ListRecords = (namespace: string, page: PageRequest) => RecordPage;

interface Row {
  readonly id: Buffer;
  readonly version: Version;
  readonly trailer: Buffer;
  readonly updatedAt: number;
}

const THREADS = "threadstore_threads WHERE namespace = @namespace";
/** `CROSS JOIN` makes SQLite begin with the threads that have all of the hashes, however many others there are. */
const MATCHING = `(
    SELECT thread AS match FROM threadstore_metadata WHERE hash IN (SELECT value FROM json_each(@hashes))
    GROUP BY thread HAVING count(*) = json_array_length(@hashes)
  ) CROSS JOIN threadstore_threads ON thread = match WHERE namespace = @namespace`;
const IN_RANGE = "id >= @first AND id < @end";
const AFTER = "updated_at <= @updatedAt AND (updated_at < @updatedAt OR id > @id)";
/** With the unary plus, SQLite searches the range of ids and sorts, instead of reading the whole namespace. */
const IN_RANGE_AFTER = `${IN_RANGE} AND ${AFTER.replaceAll("updated_at", "+updated_at")}`;

/** Prepares the listing: each page is one query, which reads no content. */
export function prepareList(database: SqliteDatabase): ListRecords {
  const prepare = (source: string, condition: string, order: string): PreparedStatement<Row> =>
    prepareStatement<Row>(
      database,
      `SELECT id, ${STORED_VERSION} AS version, CAST(coalesce(trailer, '') AS BLOB) AS trailer,
         updated_at AS updatedAt
       FROM ${source} AND ${condition} ORDER BY ${order} LIMIT @limit`,
    );
  const byId = { all: prepare(THREADS, IN_RANGE, "id"), where: prepare(MATCHING, IN_RANGE, "id") };
  const byRecency = {
    all: prepare(THREADS, AFTER, "updated_at DESC, id"),
    prefix: prepare(THREADS, IN_RANGE_AFTER, "+updated_at DESC, id"),
    where: prepare(MATCHING, IN_RANGE_AFTER, "+updated_at DESC, id"),
  };
  const statementFor = ({ order, prefix }: PageRequest, hasWhere: boolean): PreparedStatement<Row> => {
    const { all, where } = { id: byId, updated: byRecency }[order];
    if (hasWhere) return where;
    return order === "updated" && prefix !== "" ? byRecency.prefix : all;
  };
  return (namespace, page) => {
    const { after, limit, order, prefix } = page;
    const hashes = metadataHashes(namespace, page.where);
    const position = order === "updated" ? parseRecency(after) : undefined;
    const [first, end] = idRange({ after: order === "updated" ? undefined : after, prefix });
    const rows = statementFor(page, hashes.length > 0)().all({
      namespace: encodeText(namespace),
      first,
      end,
      updatedAt: position?.updatedAt ?? Number.MAX_SAFE_INTEGER,
      id: encodeText(position?.id ?? ""),
      hashes: JSON.stringify(hashes),
      limit: limit + 1,
    });
    const entries = rows.slice(0, limit).map((row) => ({ ...row, id: decodeText(row.id) }));
    const last = rows.length > limit ? entries.at(-1) : undefined;
    return {
      records: entries.map(({ id, version, trailer }) => ({ id, version, tail: trailer, nonce: version })),
      next: last && positionOf(last, order),
    };
  };
}
