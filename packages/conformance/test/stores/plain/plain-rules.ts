import { type StoredThread, ThreadStoreError, type ThreadSummary } from "@threadstore/core";
import { decodeRow, storedThreadOf, summaryOf, type PlainDetails, type PlainRow } from "./plain-record.ts";

/** A row that has not expired. */
export interface LiveRow {
  readonly row: PlainRow;
  /** `undefined` if the row is corrupt. */
  readonly details: PlainDetails | undefined;
}

/** Decodes a row. Throws `CORRUPT` if that is impossible. */
export function decodedThread(id: string, row: PlainRow): StoredThread {
  const details = decodeRow(id, row);
  if (details === undefined) throw corrupt(id);
  return storedThreadOf(row.version, details);
}

/** Throws `CONFLICT` if the version is not current, and `CORRUPT` if the current row is corrupt. */
export function checkVersion(id: string, current: LiveRow | undefined, version: string | undefined): void {
  if (current?.row.version !== version) throw conflict(id, current?.row.version);
  if (current !== undefined && current.details === undefined) throw corrupt(id);
}

export function conflict(id: string, currentVersion: string | undefined): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", "The thread is not at the previous version.", {
    id,
    currentVersion,
  });
}

export function corrupt(id: string): ThreadStoreError {
  return new ThreadStoreError("CORRUPT", "The stored row is corrupt.", { id });
}

/** Returns the entry of a thread in a listing. */
export function listedThread(id: string, live: LiveRow | undefined, withMetadata: boolean): ThreadSummary {
  const { row, details } = live ?? {};
  if (details === undefined || row === undefined)
    return { corrupt: true, id, version: row?.version ?? "gone" };
  const { metadata } = details;
  return { corrupt: false, ...summaryOf(row.version, details), ...(withMetadata ? { metadata } : {}) };
}
