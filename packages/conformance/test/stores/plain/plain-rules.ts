import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { decodeRow, handedOut, type PlainDetails, type PlainRow } from "./plain-record.ts";

/** A row as it is now: with its details unless damaged. Expired rows are none. */
export interface Found {
  readonly row: PlainRow;
  readonly details: PlainDetails | undefined;
}

export function handOut(id: string, row: PlainRow): StoredThread {
  const details = decodeRow(id, row);
  if (details === undefined) throw corrupt(id);
  return handedOut(row.version, details);
}

export function check(id: string, found: Found | undefined, version: string | undefined): void {
  if (found?.row.version !== version) throw conflict(id, found?.row.version);
  if (found !== undefined && found.details === undefined) throw corrupt(id);
}

export function conflict(id: string, currentVersion: string | undefined): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", "The thread is not at the previous version.", {
    id,
    currentVersion,
  });
}

function corrupt(id: string): ThreadStoreError {
  return new ThreadStoreError("CORRUPT", "The stored row is damaged.", { id });
}
