import type { Version } from "@threadstore/core";
import { idRange, type PageRequest, type RecordPage } from "@threadstore/core/driver";
import { decodeText, encodeText } from "./keys.ts";
import type { SqliteDatabase } from "./options.ts";
import { STORED_VERSION } from "./schema.ts";
import { prepareStatement } from "./statements.ts";

export type ListRecords = (namespace: string, page: PageRequest) => RecordPage;

/** Prepares the listing: one search in the index, which reads no content. */
export function prepareList(database: SqliteDatabase): ListRecords {
  const selectPage = prepareStatement<{ id: Buffer; version: Version; trailer: Buffer }>(
    database,
    `SELECT id, ${STORED_VERSION} AS version, CAST(coalesce(trailer, '') AS BLOB) AS trailer
     FROM threadstore_threads WHERE namespace = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?`,
  );
  return (namespace, { limit, ...page }) => {
    const rows = selectPage.all(encodeText(namespace), ...idRange(page), limit + 1);
    const records = rows
      .slice(0, limit)
      .map(({ id, version, trailer }) => ({ id: decodeText(id), version, tail: trailer, nonce: version }));
    return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
  };
}
